"""Random numbers that a resumed run draws again."""

from collections.abc import Callable
from typing import Any, cast

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from aevb.models import SeedEnsemble
from aevb.seeding import seed_for
from aevb.train.module import LightningModel


class SeedEachEpoch(Callback):
    """Makes the random numbers of each training epoch a function of (seed, epoch, device); an evaluation's are fixed.

    So a run resumed at an epoch equals one that was never interrupted, and the same samples of z score every epoch. A
    checkpoint has the state of the random numbers, so that a run on one device can go on in the middle of an epoch; on
    several devices the rest of that epoch gets other ones. Copies of a model have seed, seed + 1, …, and a stream each,
    which begins as it does for that seed alone.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.ensemble: SeedEnsemble | None = None
        self.restored: dict[str, Any] = {}

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        model = cast(LightningModel, pl_module).model
        self.ensemble = model if isinstance(model, SeedEnsemble) else None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.world_size > 1:  # a checkpoint has the state of its first device
            torch.manual_seed(seed_for("training noise", self.seed, trainer.global_step, trainer.global_rank, 2))
        elif self.restored:
            torch.set_rng_state(self.restored["cpu"])
            if "cuda" in self.restored and pl_module.device.type == "cuda":
                torch.cuda.set_rng_state(self.restored["cuda"], pl_module.device)
            if self.ensemble:
                self.ensemble.streams.states = list(self.restored["streams"])

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._begin(lambda i: seed_for("training noise", self.seed + i, trainer.current_epoch, trainer.global_rank))

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._begin(lambda i: seed_for("evaluation noise", trainer.global_rank))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        # Training may go on in the same epoch; its noise must not repeat the evaluation's.
        self._begin(lambda i: seed_for("training noise", self.seed + i, trainer.global_step, trainer.global_rank, 1))

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._begin(lambda i: seed_for("evaluation noise", trainer.global_rank))

    def state_dict(self) -> dict[str, Any]:
        state: dict[str, Any] = {"cpu": torch.get_rng_state()}
        if torch.cuda.is_initialized():
            state["cuda"] = torch.cuda.get_rng_state()
        if self.ensemble:
            state["streams"] = self.ensemble.streams.states
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        torch.Generator().set_state(state_dict["cpu"])  # says now where it is none
        self.restored = state_dict

    def _begin(self, seed_of: Callable[[int], int]) -> None:
        """Begin the stream of each copy i of the model anew, and torch's own as that of copy 0."""
        torch.manual_seed(seed_of(0))
        if self.ensemble:
            self.ensemble.streams.seed([seed_of(i) for i in range(self.ensemble.n)])
