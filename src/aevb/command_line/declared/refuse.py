"""The check of a whole command line."""

from collections.abc import Mapping

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from aevb.command_line.declared.effect import Reads, refuse_missing, refuse_without_effect
from aevb.command_line.declared.kinds import Kind
from aevb.command_line.declared.values import refuse_bad_values


def refuse_bad_options(cfg: DictConfig, declared: Mapping[str, Kind], reads: Reads) -> None:
    """Raise UserError for an option that is missing, has a bad value, or was given and has no effect."""
    refuse_missing(cfg, reads)
    refuse_bad_values(cfg, declared)
    hydra = HydraConfig.get()
    refuse_without_effect(cfg, hydra.overrides.task, hydra.runtime.choices.keys(), reads)
