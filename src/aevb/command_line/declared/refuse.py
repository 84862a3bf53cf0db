"""The check of a whole command line."""

from collections.abc import Mapping

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from aevb.command_line.declared.effect import Reads, refuse_missing, refuse_without_effect
from aevb.command_line.declared.kinds import Kind
from aevb.command_line.declared.values import refuse_bad_values
from aevb.errors import UserError


def refuse_bad_options(cfg: DictConfig, declared: Mapping[str, Kind], reads: Reads) -> None:
    """Raise UserError for an option that is missing, has a bad value, or was given and has no effect."""
    _refuse_other_folders()
    refuse_missing(cfg, reads)
    refuse_bad_values(cfg, declared)
    hydra = HydraConfig.get()
    refuse_without_effect(cfg, hydra.overrides.task, hydra.runtime.choices.keys(), reads)


def _refuse_other_folders() -> None:
    """Raise UserError for the folder of a run in a sweep, or that of a sweep without one."""
    hydra = HydraConfig.get()
    sweeps = hydra.mode == RunMode.MULTIRUN
    for override in hydra.overrides.hydra:
        if override.lstrip("+").startswith("hydra.run.dir=" if sweeps else "hydra.sweep."):
            meant = "hydra.sweep.dir is the folder of a sweep" if sweeps else "it is for a sweep, with -m"
            raise UserError(f"{override} has no effect: {meant}")
