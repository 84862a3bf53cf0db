"""Images per second while training, and how long it took."""

import time
from typing import Any

from lightning.pytorch import LightningModule, Trainer

from aevb.train.steps import Chunk, ChunkCallback


class Throughput(ChunkCallback):
    """Counts the training images of whole epochs and the seconds of their steps, and the seconds of all training.

    The first two leave out validation, figures and checkpoints. A run that goes on from a checkpoint goes on counting.
    """

    def __init__(self) -> None:
        self.images = 0
        self.step_seconds = 0.0
        self.seconds_before = 0.0  # of the run that this one goes on from
        self.started: float | None = None

    @property
    def images_per_second(self) -> float:
        return self.images / self.step_seconds if self.step_seconds else 0.0

    @property
    def seconds(self) -> float:
        """The seconds since training began, those of the run that this one goes on from included."""
        return self.seconds_before + (0.0 if self.started is None else time.perf_counter() - self.started)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.started = time.perf_counter()
        self._begin_epoch()  # one that is resumed in the middle does not start again

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self.epoch_started, self.epoch_images = time.perf_counter(), 0

    def on_chunk_end(self, trainer: Trainer, pl_module: LightningModule, chunk: Chunk) -> None:
        self.epoch_images += chunk.images * trainer.world_size

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.is_last_batch:
            outputs["loss"].item()  # waits for the device
            self.step_seconds += time.perf_counter() - self.epoch_started
            self.images += self.epoch_images

    def state_dict(self) -> dict[str, Any]:
        return {"images": self.images, "step_seconds": self.step_seconds, "seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.images, self.step_seconds = state_dict["images"], state_dict["step_seconds"]
        self.seconds_before = state_dict["seconds"]
