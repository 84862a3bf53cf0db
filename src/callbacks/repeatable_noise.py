"""Noise that a resumed run draws again."""

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from src.seeding import seed_for


class RepeatableNoise(Callback):
    """Makes the noise of each training epoch a function of (seed, epoch, device), and that of an evaluation fixed.

    So a run resumed at an epoch equals one that was never interrupted, and the same samples of z score every epoch.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        torch.manual_seed(seed_for("training noise", self.seed, trainer.current_epoch, trainer.global_rank))

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        torch.manual_seed(seed_for("evaluation noise", trainer.global_rank))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        # Training may go on in the same epoch; its noise must not repeat the evaluation's.
        torch.manual_seed(seed_for("training noise", self.seed, trainer.global_step, trainer.global_rank, 1))

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        torch.manual_seed(seed_for("evaluation noise", trainer.global_rank))
