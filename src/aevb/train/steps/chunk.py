"""A chunk of optimiser steps: its record, and the callback that is told."""

from typing import NamedTuple

from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor


class Chunk(NamedTuple):
    """Optimiser steps that were taken for one batch of Lightning's loop.

    first_step: the number of the first one, from 1.
    terms: the mean of each term over the batch of each step, (n, T). names: what the T columns are.
    images: how many images these steps were taken on, on this device.
    """

    first_step: int
    terms: Tensor
    names: tuple[str, ...]
    images: int


class ChunkCallback(Callback):
    """A callback that is told of each chunk when its steps have been taken, before checkpoints of it are saved.

    Any other callback that looks at every batch gets chunks of a single step.
    """

    def on_chunk_end(self, trainer: Trainer, pl_module: LightningModule, chunk: Chunk) -> None:
        """Called after the steps of a chunk."""
