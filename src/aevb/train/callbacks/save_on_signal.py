"""A checkpoint where a signal has stopped a run."""

import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.trainer.states import TrainerFn

from aevb.signals import GRACE, defer, stopped
from aevb.train.steps import ChunkCallback
from aevb.train.steps.lightning_loop import is_last_batch, is_last_step, is_validation_due

OF_LAUNCHERS = (signal.SIGUSR1, signal.SIGUSR2)  # by which a cluster announces that a job's time is over

Handler = Callable[[int, FrameType | None], Any]


class SaveOnSignal(ChunkCallback, Checkpoint):
    """Saves last.ckpt at the next step when Ctrl-C, SIGTERM or SIGHUP has come, and ends the run there.

    So it does for the signal by which a cluster says that a job's time is over, if the job's launcher has a handler for
    it, as submitit has: the handler is called when the checkpoint is saved, and may have the job begin again.

    A run on several devices is stopped at once: only its first process hears of a signal.

    It has to be the last callback, so that the states of the others are those after the step.
    """

    def __init__(self, last: Path) -> None:
        self.last = last
        self.handlers: dict[int, Handler] = {}  # of a launcher, by signal
        self.announced: int | None = None  # the signal of a launcher that has come
        self.passed_on = False  # whether its handler has been called, which ends the run in its own way

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.world_size > 1:
            return
        defer(True)
        for number in OF_LAUNCHERS:
            handler = signal.getsignal(number)
            if callable(handler) and handler != self._announce:
                self.handlers[number] = handler
                signal.signal(number, self._announce)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if not (is_last_batch(trainer) or is_last_step(trainer) or is_validation_due(trainer)):
            self._stop(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn == TrainerFn.FITTING and not is_last_batch(trainer):
            self._stop(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._stop(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        defer(False)
        self._give_back()
        self._pass_on()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        defer(False)
        self._give_back()

    def _announce(self, number: int, frame: FrameType | None) -> None:
        """Note a launcher's signal; where nothing can be saved for a while, its handler is called as it is."""
        self.announced = number
        signal.signal(signal.SIGALRM, lambda *alarm: self._pass_on())
        signal.setitimer(signal.ITIMER_REAL, GRACE)

    def _stop(self, trainer: Trainer) -> None:
        if not stopped() and self.announced is None:
            return
        trainer.save_checkpoint(self.last)
        self._pass_on()
        raise KeyboardInterrupt

    def _pass_on(self) -> None:
        if self.announced is not None:
            number, self.announced, self.passed_on = self.announced, None, True
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.handlers[number](number, None)

    def _give_back(self) -> None:
        for number, handler in self.handlers.items():
            if signal.getsignal(number) == self._announce:
                signal.signal(number, handler)
