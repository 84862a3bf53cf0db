"""The best epoch of each of several seeds that are trained at once."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.trainer.states import TrainerFn
from torch import Tensor

from aevb.models import SeedEnsemble
from aevb.train.module import LightningModel


class Best(NamedTuple):
    """The best epoch of a seed so far: its number, from 0, its score, and the weights and buffers at its end."""

    epoch: int
    score: float
    weights: dict[str, Tensor]


class BestOfEachSeed(Callback):
    """Keeps the weights of each seed's own best epoch, as a run of that seed alone would, and tests those.

    They are in every checkpoint of the run. Its best.ckpt is another: that of the epoch with the best mean over seeds.

    monitor: val/ and the quantity by which an epoch is judged. mode: max or min.
    """

    def __init__(self, monitor: str, mode: str) -> None:
        self.monitor = monitor
        self.sign = {"max": 1, "min": -1}[mode]
        self.best: dict[int, Best] = {}  # by copy

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn != TrainerFn.FITTING:
            return
        module = cast(LightningModel, pl_module)
        ensemble = cast(SeedEnsemble, module.model)
        for i, score in enumerate(module.of_each_copy[self.monitor].tolist()):
            if i not in self.best or self.sign * score > self.sign * self.best[i].score:
                self.best[i] = Best(trainer.current_epoch, score, ensemble.weights_of(i))

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn != TrainerFn.FITTING:
            self._put_best(pl_module)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._put_best(pl_module)

    def state_dict(self) -> dict[str, Any]:
        return {str(i): best._asdict() for i, best in self.best.items()}

    def go_on_from(self, state_dict: Mapping[str, Any]) -> None:
        """Begin with what a checkpoint of the run holds of this callback."""
        self.best = {int(i): Best(**best) for i, best in state_dict.items()}

    def _put_best(self, pl_module: LightningModule) -> None:
        ensemble = cast(SeedEnsemble, cast(LightningModel, pl_module).model)
        for i, best in self.best.items():
            ensemble.put_weights(i, best.weights)
