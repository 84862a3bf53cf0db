"""The members of a module that steps need."""

from collections.abc import Callable
from typing import Protocol

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from aevb.models import ImageModel
from aevb.train.epoch_mean import EpochMean


class Stepped(Protocol):
    """What is trained, as seen by Chunks, DirectStep and compiled_terms."""

    model: ImageModel
    training_terms: Callable[[Tensor], dict[str, Tensor]]  # the terms of a training step, compiled or not

    @property
    def trainer(self) -> Trainer: ...

    @property
    def device(self) -> torch.device: ...

    def follow_schedules(self, batch_idx: int) -> None:
        """Called before the step on this batch of the epoch."""

    def mean_of(self, stage: str) -> EpochMean:
        """The means of this epoch so far."""

    def count_codes(self, stage: str, terms: dict[str, Tensor]) -> None:
        """Count discrete codes among the terms, if there are any."""
