"""The processes of a run: a lone one, one that starts the others, or one that was started."""

import os
import re
import sys

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, ListConfig

from aevb.errors import UserError
from aevb.signals import RANK_ARGUMENTS

# What torchrun, SLURM, LSF, MPI and Lightning itself tell a process about its place among others.
PLACE = re.compile(
    r"((LOCAL_|GROUP_|ROLE_)?(RANK|WORLD_SIZE)|NODE_RANK|ROLE_NAME|MASTER_(ADDR|PORT)|STANDALONE_PORT"
    r"|(TORCHELASTIC|SLURM|LSB|JSM|PMI|PMIX|OMPI|PL)_.*)"
)
STRATEGIES = ("auto", "ddp", "ddp_find_unused_parameters_false", "ddp_find_unused_parameters_true", "single_device")


def settle_place(cfg: DictConfig) -> None:
    """Make sure of this process's place among others, before Lightning is imported, which reads it at once.

    A run on one device is alone, whatever the environment says. One on several starts its other processes itself; or
    torchrun has started them all, when they need the name of one folder. Raises UserError for anything else.
    """
    if RANK_ARGUMENTS in os.environ:
        return
    trainer = cfg.trainer
    strategy, nodes = trainer.get("strategy", "auto"), trainer.get("num_nodes", 1)
    if isinstance(strategy, str) and strategy not in STRATEGIES:
        raise UserError(
            f"trainer.strategy={strategy}: expected one of {', '.join(STRATEGIES)}. Each process runs this command, "
            f"and a checkpoint holds the whole model."
        )
    by_torchrun = "TORCHELASTIC_RUN_ID" in os.environ
    if by_torchrun and (nodes != 1 or not _is_one(trainer.get("devices", 1))):
        _check_torchrun(cfg)
        return
    if nodes != 1:
        raise UserError(f"trainer.num_nodes={nodes}: start the processes with torchrun, or leave it out")
    leave_others()


def leave_others() -> None:
    """Forget what the environment says about other processes."""
    for name in [*os.environ]:
        if PLACE.fullmatch(name):
            del os.environ[name]


def is_follower() -> bool:
    """Whether another process of the same run writes its files."""
    return int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))) > 0


def _check_torchrun(cfg: DictConfig) -> None:
    devices, nodes = cfg.trainer.devices, cfg.trainer.get("num_nodes", 1)
    size = os.environ.get("WORLD_SIZE", "")
    if not all(re.fullmatch(r"\d+", os.environ.get(name, "")) for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE")):
        raise UserError("torchrun sets RANK, LOCAL_RANK and WORLD_SIZE, and these are not numbers: start without it")
    if isinstance(devices, int) and devices > 0 and isinstance(nodes, int) and devices * nodes != int(size):
        raise UserError(f"torchrun has started {size} processes, and trainer.devices={devices}: set it to {size}")
    folder = [override for override in HydraConfig.get().overrides.hydra if override.startswith("hydra.run.dir=")]
    if HydraConfig.get().mode == RunMode.MULTIRUN or not folder or "${now" in folder[-1]:
        raise UserError(
            "torchrun starts this command several times, and each would make a folder of its own: name one with "
            "hydra.run.dir=..., one run at a time, or start without torchrun: trainer=ddp starts its processes itself"
        )


def _is_one(devices: object) -> bool:
    return str(devices) == "1" or (isinstance(devices, ListConfig | list) and len(devices) == 1)


def module_name(command: str) -> str:
    """What to say after python -m to start a command again as this one was: src.train or aevb.train."""
    spec = sys.modules["__main__"].__spec__
    return f"src.{command}" if spec and spec.name.startswith("src.") else f"aevb.{command}"
