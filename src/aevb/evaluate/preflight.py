"""Checks before an evaluation begins."""

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig

from aevb.checks import number_from, one_of, whole_number
from aevb.command_line.device import device_of
from aevb.command_line.hydra_messages import root_cause
from aevb.command_line.suggestions import buildable
from aevb.data import SPLITS
from aevb.errors import UserError
from aevb.evaluate.section import Section


def check_options(cfg: DictConfig) -> None:
    """Raise UserError for an invalid option of the command itself."""
    if cfg.run is None:
        raise UserError("say which run to evaluate: run=outputs/<model>-<loss>-z<latent_dim>/<time>, or a checkpoint")
    device_of(cfg.device)  # raises UserError where there is none
    try:
        one_of("split", cfg.split, SPLITS)
        whole_number("seed", cfg.seed, at_least=0)
        number_from("memory", cfg.memory, 1)
        if cfg.num_images is not None:
            whole_number("num_images", cfg.num_images)
    except ValueError as error:
        raise UserError(str(error)) from error


def chosen_sections(cfg: DictConfig) -> dict[str, Section]:
    """The sections that are chosen, by name; UserError for an impossible option of one, or if there is none."""
    nodes = buildable(cfg.sections)
    if not nodes:
        raise UserError("sections=[] measures nothing: name some, or leave it out for all")
    sections = {}
    for name, node in nodes.items():
        try:
            sections[name] = instantiate(node, _convert_="all")
        except InstantiationException as error:
            raise UserError(f"sections.{name}.{root_cause(error)}") from error
    return sections
