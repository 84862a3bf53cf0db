"""What is checked before an evaluation begins."""

from omegaconf import DictConfig, ListConfig

from aevb.command_line.device import device_of
from aevb.command_line.suggestions import chosen_names
from aevb.errors import UserError, number_from, whole_number, whole_numbers

SPLITS = ("train", "val", "test")
SECTIONS = ("elbo", "importance", "annealed", "quadrature", "gap", "latents", "reconstruction", "probes", "samples")
MAY_BE_NULL = {"num_images": ("importance", "quadrature", "latents"), "num_train": ("probes",)}
MAY_BE_ZERO = {"num_simulated"}


def check_options(cfg: DictConfig) -> list[str]:
    """The sections that are asked for, in the order in which they are measured; UserError for an impossible option."""
    if cfg.run is None:
        raise UserError("say which run to evaluate: run=outputs/<model>-<loss>-z<latent_dim>/<time>, or a checkpoint")
    chosen = chosen_names("section", cfg.sections, SECTIONS)
    if not chosen:
        raise UserError("sections=[] measures nothing: name some, or leave it out for all")
    if cfg.split not in SPLITS:
        raise UserError(f"split={cfg.split}: expected one of {', '.join(SPLITS)}")
    device_of(cfg.device)  # raises for one that there is not
    try:
        whole_number("seed", cfg.seed, at_least=0)
        number_from("memory", cfg.memory, 1)
        if cfg.num_images is not None:
            whole_number("num_images", cfg.num_images)
        for section in SECTIONS:
            for name, value in cfg[section].items():
                _check(f"{section}.{name}", value, section in MAY_BE_NULL.get(str(name), ()))
    except ValueError as error:
        raise UserError(str(error)) from error
    return [name for name in SECTIONS if name in chosen]


def _check(name: str, value: object, may_be_null: bool) -> None:
    last = name.rpartition(".")[2]
    if last == "cache":
        if not isinstance(value, str) or not value:
            raise ValueError(f"{name}={value}: expected a folder")
    elif last == "tolerance":
        number_from(name, value, 0, above=True)
    elif name == "importance.num_samples":
        if not whole_numbers(name, list(value) if isinstance(value, ListConfig) else [value]):
            raise ValueError(f"{name}=[]: expected at least one K")
    elif not (value is None and may_be_null):
        whole_number(name, value, at_least=0 if last in MAY_BE_ZERO else 1)
