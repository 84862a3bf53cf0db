"""Random numbers that a resumed run draws again."""

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from aevb.seeding import seed_for


class SeedEachEpoch(Callback):
    """Makes the random numbers of each training epoch a function of (seed, epoch, device); an evaluation's are fixed.

    So a run resumed at an epoch equals one that was never interrupted, and the same samples of z score every epoch. A
    checkpoint has the state of the random numbers, so that a run on one device can go on in the middle of an epoch; on
    several devices the rest of that epoch gets other ones.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.restored: dict[str, Any] = {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.world_size > 1:  # a checkpoint has the state of its first device
            torch.manual_seed(seed_for("training noise", self.seed, trainer.global_step, trainer.global_rank, 2))
        elif self.restored:
            torch.set_rng_state(self.restored["cpu"])
            if "cuda" in self.restored and pl_module.device.type == "cuda":
                torch.cuda.set_rng_state(self.restored["cuda"], pl_module.device)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        torch.manual_seed(seed_for("training noise", self.seed, trainer.current_epoch, trainer.global_rank))

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        torch.manual_seed(seed_for("evaluation noise", trainer.global_rank))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        # Training may go on in the same epoch; its noise must not repeat the evaluation's.
        torch.manual_seed(seed_for("training noise", self.seed, trainer.global_step, trainer.global_rank, 1))

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        torch.manual_seed(seed_for("evaluation noise", trainer.global_rank))

    def state_dict(self) -> dict[str, Any]:
        state = {"cpu": torch.get_rng_state()}
        return {**state, "cuda": torch.cuda.get_rng_state()} if torch.cuda.is_initialized() else state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.restored = state_dict
