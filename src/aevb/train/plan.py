"""The plan of a run, checked before any work is done."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from aevb.command_line.latest import LATEST, runs_named
from aevb.command_line.sweeps.watch import Watch
from aevb.errors import UserError
from aevb.train.foreign_options import drop_foreign_options, refuse_unknown_options
from aevb.train.given_options import given_options
from aevb.train.preflight import SINGLE_CHOICES, choices_made, is_unused, refuse_impossible
from aevb.train.pretrained import with_pretrained
from aevb.train.resume import Resumed, resumed_from
from aevb.train.same_options import Options
from aevb.train.standing import cut_short
from aevb.train.tested_in_the_end import check_it_can_be_tested
from aevb.train.twin import folder_of_run


@dataclass(frozen=True)
class Plan:
    """A checked and resolved configuration, and the checkpoints that the run begins with.

    cfg: to build from. config: the same as plain dicts, as config.yaml and checkpoints hold it, with the `choices` of
    config groups by name.
    given: the options that are no defaults.
    pretrained: the checkpoint of the VQ-VAE that a code prior is made from. resumed: the one that the run goes on from.
    """

    cfg: DictConfig
    config: dict[str, Any]
    run_dir: Path
    given: Options
    pretrained: dict[str, Any] | None
    resumed: Resumed | None


def checkpoint_named(ckpt_path: str | None) -> object:
    """The value of ckpt_path, with a folder in place of `latest`; UserError where each job would have another one."""
    if ckpt_path == LATEST and HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN:
        raise UserError(f"ckpt_path={LATEST}: each job of a sweep would go on from the one before it: name a run")
    return runs_named(ckpt_path, "ckpt_path")


def plan_run(cfg: DictConfig) -> Plan:
    """Check a composed configuration, which stays as it is; raises UserError for what cannot work."""
    cfg = drop_foreign_options(cfg)
    refuse_unknown_options(cfg)
    refuse_impossible(cfg)
    resolved: DictConfig = OmegaConf.create(OmegaConf.to_container(cfg, resolve=True))  # type: ignore[assignment]
    check_it_can_be_tested(resolved)
    resolved.ckpt_path = checkpoint_named(resolved.ckpt_path)
    resolved, pretrained = with_pretrained(resolved)
    config: dict[str, Any] = OmegaConf.to_container(resolved)  # type: ignore[assignment]
    made = choices_made()
    config["choices"] = {
        group: made[group] for group in SINGLE_CHOICES if group in made and not is_unused(group, resolved)
    }
    run_dir = Path(resolved.run_dir)
    if (twin := folder_of_run(run_dir, config)) != run_dir:
        Watch.enter(twin)
        there = cfg.copy()
        there.run_dir = str(twin)
        return plan_run(there)
    goes_on_from = cut_short(run_dir, config) or resolved.ckpt_path
    given = given_options(config)
    return Plan(resolved, config, run_dir, given, pretrained, resumed_from(goes_on_from, config))
