"""Checks before an evaluation begins."""

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig

from aevb.command_line.device import device_of
from aevb.command_line.hydra_messages import root_cause
from aevb.command_line.part_arguments import arguments_of
from aevb.command_line.suggestions import buildable, unknown_name
from aevb.errors import UserError
from aevb.evaluate.section import Section


def check_options(cfg: DictConfig) -> None:
    """Raise UserError where there is no run, or no device."""
    if cfg.run is None:
        raise UserError("say which run to evaluate: run=outputs/<model>-<loss>-z<latent_dim>/<time>, or a checkpoint")
    device_of(cfg.device)  # raises UserError where there is none


def chosen_sections(cfg: DictConfig) -> dict[str, Section]:
    """The sections that are chosen, by name; UserError for an impossible option of one, or if there is none."""
    nodes = buildable(cfg.sections)
    if not nodes:
        raise UserError("sections=[] measures nothing: name some, or leave it out for all")
    sections = {}
    for name, node in nodes.items():
        if (arguments := arguments_of(node)) is not None:
            known = [f"sections.{name}.{argument.name}" for argument in arguments]
            for option in (f"sections.{name}.{key}" for key in map(str, node) if not key.startswith("_")):
                if option not in known:
                    raise UserError(unknown_name("option", option, known))
        try:
            sections[name] = instantiate(node, _convert_="all")
        except InstantiationException as error:
            raise UserError(f"sections.{name}.{root_cause(error)}") from error
    return sections
