"""Checkpoints that a run can go on from as if it had never stopped."""

from collections.abc import Callable
from functools import partial
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.trainer.states import TrainerFn

from aevb.train.steps import ChunkCallback
from aevb.train.steps.lightning_loop import is_last_batch, is_last_step, is_validation_due


class KeepCheckpoint(ChunkCallback, ModelCheckpoint):
    """Lightning's ModelCheckpoint, except that nothing is saved between a step and the validation that follows it, or
    between the last step of an epoch, or of trainer.max_steps, and the epoch's end.

    From there Lightning would go on without that validation, or with the next epoch, without this one's means. What is
    due there is saved right afterwards. Without a `monitor` that is every epoch's end, also where validation is at
    other times; and an epoch that is stopped before its end, by a time limit, is saved where it was stopped.
    """

    postponed: tuple[Callable[[], None], ...] = ()
    validated = False  # since the last epoch's end

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.should_stop and not is_last_batch(trainer) and self.monitor is None and self._every_n_epochs == 1:
            self._save_checkpoint(trainer, self.format_checkpoint_name(self._monitor_candidates(trainer)))
        save = partial(super().on_train_batch_end, trainer, pl_module, outputs, batch, batch_idx)
        self._save(save, later=is_last_batch(trainer) or is_last_step(trainer) or is_validation_due(trainer))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validated = True
        save = partial(super().on_validation_end, trainer, pl_module)
        self._save(save, later=trainer.state.fn == TrainerFn.FITTING and is_last_batch(trainer))

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        at_the_end = partial(super().on_train_epoch_end, trainer, pl_module)
        # An epoch that max_steps ended was not validated, and what there is to go by is that of an earlier one.
        self._save(at_the_end if self.monitor is None or self.validated else lambda: None, later=False)
        self.validated = False

    def _save(self, save: Callable[[], None], later: bool) -> None:
        self.postponed = (*self.postponed, save)
        if later:
            return
        due, self.postponed = self.postponed, ()
        for save in due:
            save()

    def _should_save_on_train_epoch_end(self, trainer: Trainer) -> bool:
        if self.monitor is None and self._save_on_train_epoch_end is None:
            return True
        return super()._should_save_on_train_epoch_end(trainer)
