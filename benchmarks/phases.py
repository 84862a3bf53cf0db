"""Where the time of an epoch goes."""

import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from aevb.train.steps import ChunkCallback

LOGGING_HOOKS = ("on_train_epoch_start", "on_train_batch_end", "on_train_epoch_end", "on_validation_end")


class Phases(Callback):
    """Writes the seconds of each phase, summed over all epochs but the first, to the JSON file `path`.

    A GPU is waited for at the end of each phase, which a CUDA graph would not allow: say speed.cuda_graph=false.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.seconds: dict[str, float] = defaultdict(float)
        self.within = ["Lightning"]  # what is not one of the phases below
        self.since = time.perf_counter()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.waits = pl_module.device.type == "cuda"
        optimizer, loop = trainer.optimizers[0], trainer.fit_loop.epoch_loop
        self._clock("data", trainer.train_dataloader, "serve")
        self._clock("forward", pl_module, "training_terms")
        self._clock("backward", Tensor, "backward")
        self._clock("optimiser", optimizer, "step")
        self._clock("validation", loop.val_loop, "run")
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            hooks = (*LOGGING_HOOKS, "on_chunk_end") if isinstance(callback, ChunkCallback) else LOGGING_HOOKS
            for hook in hooks:
                if callback is not self:
                    self._clock("logging", callback, hook)
        for logger in trainer.loggers:
            self._clock("logging", logger, "log_metrics")

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.current_epoch == 1:
            self.seconds.clear()
            self.since = time.perf_counter()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._turn()
        with open(self.path, "w") as file:
            json.dump(self.seconds, file)
        raise SystemExit  # nothing needs to be tested and drawn

    def _turn(self) -> None:
        """Book the time since the last turn."""
        if self.waits:
            torch.cuda.synchronize()
        now = time.perf_counter()
        self.seconds[self.within[-1]] += now - self.since
        self.since = now

    def _clock(self, phase: str, owner: Any, name: str) -> None:
        """Replace a function by one that books its time under this phase, without that of phases within it."""
        function: Callable[..., Any] = getattr(owner, name)

        def clocked(*args: Any, **kwargs: Any) -> Any:
            self._turn()
            self.within.append(phase)
            try:
                return function(*args, **kwargs)
            finally:
                self._turn()
                self.within.pop()

        setattr(owner, name, clocked)
