"""The weights that a callback has made after the last checkpoint."""

import logging
from pathlib import Path

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import StochasticWeightAveraging, WeightAveraging
from torch import Tensor

from aevb.runs import load_checkpoint
from aevb.train.checkpoint_io import AtomicCheckpointIO

log = logging.getLogger(__name__)


class FinalWeights(Callback):
    """Keeps as final.ckpt what other callbacks make of the weights when training has ended, such as their average.

    final.ckpt is last.ckpt with those weights, and stands for the run before best.ckpt does; last.ckpt stays what
    training can go on from. Where nothing was changed, there is none.

    It has to be the first callback, to see the weights before the others do.

    folder: of the checkpoints.
    """

    def __init__(self, folder: Path) -> None:
        self.last = folder / "last.ckpt"
        self.final = folder / "final.ckpt"
        self.trained: dict[str, Tensor] | None = None  # of a run that is only to be tested

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.is_global_zero:
            self.final.unlink(missing_ok=True)  # of a run that used this folder before

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.trained = _weights(pl_module)

    def save(self, trainer: Trainer, module: LightningModule, saved_afterwards: bool) -> Path | None:
        """Called after training, on every device; returns the path of final.ckpt, None where there is none.

        saved_afterwards: last.ckpt was saved after training, and has what was made of the weights already.
        """
        if self.trained is None:
            if self.final.exists():
                return self.final
            self._average(trainer, module)
        content, weights = load_checkpoint(self.last), _weights(module)
        changed = not _same(weights, self.trained if saved_afterwards and self.trained else content["state_dict"])
        changed |= _has_extra_epoch(trainer)
        if not trainer.strategy.broadcast(changed):
            return None
        if trainer.is_global_zero:
            log.info("A callback has changed the weights after the last epoch: %s is tested.", self.final.name)
            AtomicCheckpointIO().save_checkpoint({**content, "state_dict": weights}, self.final)
        trainer.strategy.barrier()
        return self.final

    def _average(self, trainer: Trainer, module: LightningModule) -> None:
        """Have the weights averaged of a run that was killed between its last epoch and final.ckpt."""
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            if isinstance(callback, StochasticWeightAveraging | WeightAveraging) and not _has_extra_epoch(trainer):
                callback.on_train_end(trainer, module)


def _has_extra_epoch(trainer: Trainer) -> bool:
    """Whether StochasticWeightAveraging has added an epoch, for BatchNorm to see what goes with averaged weights."""
    return any(
        isinstance(callback, StochasticWeightAveraging) and trainer.current_epoch > callback.swa_end + 1
        for callback in trainer.callbacks  # type: ignore[attr-defined]
    )


def _weights(module: LightningModule) -> dict[str, Tensor]:
    return {name: value.detach().to("cpu", copy=True) for name, value in module.state_dict().items()}


def _same(these: dict[str, Tensor], those: dict[str, Tensor]) -> bool:
    return these.keys() == those.keys() and all(torch.equal(these[name], those[name]) for name in these)
