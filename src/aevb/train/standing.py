"""What is left of a job of a sweep that was begun before."""

import json
import logging
from pathlib import Path
from typing import Any

import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf

from aevb.command_line.launchers import is_follower
from aevb.command_line.sweeps import pruned
from aevb.command_line.sweeps.search import trial_of_job
from aevb.errors import UserError
from aevb.files import relative_to_cwd, shell_path
from aevb.train.pretrained import WHERE_THE_FILES_ARE
from aevb.train.same_options import Options, differences, flat

MAY_DIFFER = ("ckpt_path", "run_dir", "sweep")  # where a run is, not what it is

log = logging.getLogger(__name__)


def cut_short(run_dir: Path, config: dict[str, Any]) -> str | None:
    """The checkpoint that a job goes on from where an earlier one like it was cut short; None for a job that is new.

    Raises UserError where the folder has a run with other options: a sweep of one name is one experiment.
    """
    last = run_dir / "checkpoints" / "last.ckpt"
    if not (is_job_of_sweep() and (run_dir / "config.yaml").exists()):
        return None
    _check_same_options(run_dir, config)
    if (run_dir / "metrics.json").exists() or pruned_before(run_dir) or not last.exists():
        return None
    log.info("Goes on from %s.", relative_to_cwd(last))
    return str(last)


def finished_before(run_dir: Path) -> float | None:
    """The figure that a job has returned that came to its end before; None where there is none, or this is no sweep."""
    if not is_job_of_sweep():
        return None
    try:
        metrics = json.loads((run_dir / "metrics.json").read_text(encoding="utf-8"))
        return float(metrics["objective"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{shell_path(run_dir / 'metrics.json')} is not what a run writes: delete it") from error


def pruned_before(run_dir: Path) -> pruned.Pruned | None:
    """Where an earlier job like this one was pruned; None where it was not, or where no search may prune this one."""
    return pruned.read(run_dir) if trial_of_job() and is_job_of_sweep() else None


def is_job_of_sweep() -> bool:
    """Whether this process writes the files of a job."""
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN and not is_follower()


def _check_same_options(run_dir: Path, config: dict[str, Any]) -> None:
    path = run_dir / "config.yaml"
    try:
        then = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (ValueError, yaml.YAMLError) as error:
        raise UserError(
            f"{shell_path(path)} is not what a run writes: delete it, and the run is trained anew"
        ) from error
    now = yaml.safe_load(OmegaConf.to_yaml(config))
    if differing := differences(what_a_run_is(then), what_a_run_is(now), lambda option: True):
        raise UserError(
            f"{shell_path(run_dir)} has a run of this sweep with other options: {'; '.join(differing)}. Give the sweep "
            f"another name, or delete that folder."
        )


def what_a_run_is(config: dict[str, Any]) -> Options:
    """Its options, of a config.yaml, without where it is."""
    place = str(config.get("run_dir"))
    own = {option: value for option, value in flat(config).items() if _matters(option)}
    return {name: value.replace(place, "") if isinstance(value, str) else value for name, value in own.items()}


def _matters(option: str) -> bool:
    if option.startswith("logger."):
        return False
    return option not in MAY_DIFFER and option not in {f"data.dataset.{place}" for place in WHERE_THE_FILES_ARE}
