"""The run of a sweep that a job is, under whatever name an earlier job has left it."""

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from aevb.command_line.sweeps import pruned
from aevb.compare.outcomes import Loader
from aevb.lock import is_locked
from aevb.train.same_options import Options
from aevb.train.standing import is_job_of_sweep, what_a_run_is

LEFT = ("metrics.json", pruned.NAME, "checkpoints/last.ckpt")  # by a job, the farthest first


def folder_of_run(run_dir: Path, config: dict[str, Any]) -> Path:
    """The folder of the sweep that has the run with these very options, as far as it came; `run_dir` if there is none.

    A folder is named after the options that are swept, which a sweep that is run again with more of them has others of.
    """
    if not is_job_of_sweep() or run_dir != Path(HydraConfig.get().runtime.output_dir):
        return run_dir
    if (run_dir / "config.yaml").exists():
        return run_dir
    now = what_a_run_is(yaml.load(OmegaConf.to_yaml(config), Loader))
    twins: list[tuple[int, Path]] = []
    for file in sorted(run_dir.parent.glob("*/config.yaml")):
        folder = file.parent
        left = next((place for place, name in enumerate(LEFT) if (folder / name).exists()), None)
        if left is not None and _options(file, file.stat().st_mtime_ns) == now and not is_locked(folder):
            twins.append((left, folder))
    return min(twins)[1] if twins else run_dir


@cache
def _options(file: Path, written: int) -> Options | None:
    """Those of a run, read once by a process; None where the file is not what a run writes."""
    with suppress(OSError, ValueError, yaml.YAMLError):
        config = yaml.load(file.read_text(encoding="utf-8"), Loader)
        return what_a_run_is(config) if isinstance(config, dict) else None
    return None
