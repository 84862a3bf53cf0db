"""Restoring the state of a run, which a changed checkpoint may not have."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.trainer.connectors import checkpoint_connector
from torch import Tensor
from torch.optim import Optimizer

from aevb.errors import UserError

OF_EACH_WEIGHT = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer", "sum"}  # of torch's optimisers
COUNTS = ("last_epoch", "_step_count", "num_bad_epochs", "cooldown_counter")  # of torch's schedulers


@contextmanager
def restoring(path: Path | None) -> Iterator[None]:
    """Turn what Lightning raises while it restores the state in a checkpoint into a UserError that names the file.

    Callbacks, loops, optimisers and metrics each take their own part of it, and say in their own ways that it is not
    theirs. What is raised afterwards, while training, is left as it is.
    """
    try:
        yield
    except Exception as error:
        restored = any(frame.filename == checkpoint_connector.__file__ for frame in extract_tb(error.__traceback__))
        if path is None or isinstance(error, UserError) or not restored:
            raise
        raise UserError(
            f"{path} was not written by training, or was changed: its state cannot be restored "
            f"({type(error).__name__}: {str(error)[:500]}). Use another checkpoint of that run."
        ) from error


class CheckRestored(Callback):
    """Looks at the state of optimiser and scheduler before the first step: torch takes any, and may crash on it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        wrong = [reason for optimizer in trainer.optimizers if (reason := _wrong_in_optimizer(optimizer))]
        wrong += [
            reason for config in trainer.lr_scheduler_configs if (reason := _wrong_in_scheduler(config.scheduler))
        ]
        if wrong:
            raise UserError(
                f"{self.path} was not written by training, or was changed: {wrong[0]}. Use another checkpoint of that "
                f"run."
            )


def _wrong_in_optimizer(optimizer: Optimizer) -> str | None:
    for group in optimizer.param_groups:
        for name, default in optimizer.defaults.items():
            if _is_number(default) and not _is_number(group.get(name)):
                return f"its optimiser has no number for {name}"
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if value is None and name == "momentum_buffer":  # before the first step
                continue
            if name in OF_EACH_WEIGHT and not (isinstance(value, Tensor) and value.shape == parameter.shape):
                return f"the optimiser's {name} is of other weights"
            if name == "step" and not _is_number(value):
                return "its optimiser does not count its steps"
            if isinstance(value, Tensor) and not value.isfinite().all():
                return f"the optimiser's {name} is not finite"
    return None


def _wrong_in_scheduler(scheduler: Any) -> str | None:
    for name in COUNTS:
        count = getattr(scheduler, name, 0)
        if type(count) is not int:
            return f"its scheduler has no count in {name}"
    return None if _is_number(getattr(scheduler, "best", 0.0)) else "its scheduler has no number for the best loss"


def _is_number(value: object) -> bool:
    if isinstance(value, Tensor):
        return value.numel() == 1
    return isinstance(value, int | float) and not isinstance(value, bool)
