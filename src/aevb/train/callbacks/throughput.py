"""Images per second while training."""

import time
from typing import Any

from lightning.pytorch import LightningModule, Trainer

from aevb.train.steps import Chunk, ChunkCallback


class Throughput(ChunkCallback):
    """Counts the training images seen and the seconds spent on them, without validation, figures and checkpoints."""

    def __init__(self) -> None:
        self.images = 0
        self.seconds = 0.0

    @property
    def images_per_second(self) -> float:
        return self.images / self.seconds if self.seconds else 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.epoch_started = time.perf_counter()  # of an epoch that is resumed in the middle

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.epoch_started = time.perf_counter()

    def on_chunk_end(self, trainer: Trainer, pl_module: LightningModule, chunk: Chunk) -> None:
        self.images += chunk.images * trainer.world_size

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.is_last_batch:
            outputs["loss"].item()  # waits for the device
            self.seconds += time.perf_counter() - self.epoch_started
