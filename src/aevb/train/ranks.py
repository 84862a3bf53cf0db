"""The processes of the devices of one run."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import torch.distributed
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from lightning.pytorch import Trainer
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher

from aevb.command_line.arguments import hydra_quoted
from aevb.command_line.launchers import is_follower, leave_others
from aevb.lock import locked
from aevb.signals import RANK_ARGUMENTS

OWN_FOLDER = ("hydra.run.", "hydra.sweep.", "hydra.mode=", "hydra.output_subdir=", "hydra/job_logging=", "run_dir=")
OWN_RUN = ("sweep=", "ckpt_path=")
PATIENCE = 30  # seconds for the other processes to end after the last step


def owning(run_dir: Path) -> AbstractContextManager[None]:
    """The lock of the run's folder, which its first process holds for all."""
    return nullcontext() if is_follower() else locked(run_dir)


@contextmanager
def one_run(trainer: Trainer, run_dir: Path, goes_on_from: Path | None) -> Iterator[None]:
    """Have the processes that Lightning starts for other devices do this very run, in this folder, and end with it.

    goes_on_from: the checkpoint that the run begins with.

    Lightning repeats the command line, which may stand for a whole sweep, or for another folder each second.
    """
    launcher = trainer.strategy.launcher
    if not isinstance(launcher, _SubprocessScriptLauncher):
        yield
        return
    if HydraConfig.initialized() and not is_follower():
        os.environ[RANK_ARGUMENTS] = json.dumps(_arguments(run_dir.resolve(), goes_on_from))
    try:
        yield
        _wait(launcher.procs)
    finally:
        for process in launcher.procs:
            process.kill()
        os.environ.pop(RANK_ARGUMENTS, None)
        if torch.distributed.is_initialized() and launcher.procs:
            torch.distributed.destroy_process_group()
        if not is_follower():
            leave_others()  # Lightning has told this process that it is the first of several


def _arguments(run_dir: Path, goes_on_from: Path | None) -> list[str]:
    """The command line of one process more."""
    given = get_args_parser().parse_args(sys.argv[1:])
    flags = {"--config-path": given.config_path, "--config-name": given.config_name, "--config-dir": given.config_dir}
    overrides = [*HydraConfig.get().overrides.hydra, *HydraConfig.get().overrides.task]
    return [
        *(text for flag, value in flags.items() if value is not None for text in (flag, value)),
        *(override for override in overrides if not override.lstrip("+").startswith((*OWN_FOLDER, *OWN_RUN))),
        *([f"ckpt_path={hydra_quoted(str(goes_on_from.resolve()))}"] if goes_on_from else []),
        f"hydra.run.dir={hydra_quoted(str(run_dir))}",
        "hydra.output_subdir=null",
        "hydra/job_logging=none",
    ]


def _wait(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return
