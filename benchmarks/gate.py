"""python -m aevb.train, an epoch at a time."""

import time

from lightning.pytorch import Callback, LightningModule, Trainer

from benchmarks.turns import Turns


class Gate(Callback):
    """Waits for a turn before each epoch, and answers with its seconds: of training alone, and of all there is to it.

    All there is to it: validation, logging, checkpoints, the line that is printed, and figures where they are due.
    """

    def __init__(self) -> None:
        self.turns = Turns()
        self.trained = self.started = 0.0

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.trained:
            self.turns.answer(seconds=self.trained - self.started, whole=time.perf_counter() - self.started)
        self.turns.wait()
        self.started = time.perf_counter()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.trained = time.perf_counter()  # the last step's loss has been waited for
