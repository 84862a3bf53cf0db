"""The curves of a run that goes on, from their beginning."""

from lightning.pytorch import Callback, LightningModule, Trainer

from aevb.train.callbacks.history import History
from aevb.train.loggers import TensorBoard, log_curves, steps_per_epoch


class ReplayCurves(Callback):
    """Has loggers that begin anew begin with the epochs before the checkpoint, so that a curve is one line.

    TensorBoard goes on with the events in the folder of the run, if they are there.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        rows = next(callback.rows for callback in trainer.callbacks if isinstance(callback, History))  # type: ignore[attr-defined]
        for logger in trainer.loggers:
            if not (isinstance(logger, TensorBoard) and logger.has_past):
                log_curves(logger, rows, steps_per_epoch(trainer))
