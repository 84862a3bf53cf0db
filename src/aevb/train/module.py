"""What every model shares: steps, logging, optimisers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, cast

from lightning.pytorch import LightningModule
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import Metric

from aevb.networks import Encoder
from aevb.train.epoch_mean import EpochMean
from aevb.train.steps import Steps

STAGES = ("train", "val", "test")


class ImageModel(LightningModule, ABC):
    """A model of images with latent codes, trained on batches (x, labels).

    A subclass says what its loss is made of, for each image. The mean over the batch is taken here, once, and means
    over an epoch are logged as train/, val/ and test/ followed by the term's name.

    optimizer: makes the optimiser from the parameters, for example partial(torch.optim.Adam, lr=1e-3).
    scheduler: makes the learning-rate scheduler from the optimiser; stepped once an epoch.

    How steps are taken is up to `steps`, which a training run sets.
    """

    term_names: ClassVar[tuple[str, ...]]
    quiet_names: ClassVar[tuple[str, ...]] = ()  # logged, but not shown while training
    monitor: str  # what tells the best epoch
    monitor_mode: str  # max or min: which of its values are better
    bare_steps: ClassVar[bool] = True  # whether all that a training step does is `terms`

    def __init__(
        self,
        encoder: Encoder,
        loss: nn.Module,
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler],
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.loss = loss
        self.make_optimizer = optimizer
        self.make_scheduler = scheduler
        self.means = nn.ModuleDict({f"{stage}_mean": EpochMean(self.term_names) for stage in STAGES})
        self.steps = Steps()
        self.compiled_terms: Callable[[Tensor], dict[str, Tensor]] | None = None

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(C, H, W) of the images that the model takes."""
        return self.encoder.image_shape

    @property
    def pictured(self) -> "ImageModel":
        """The model that figures show."""
        return self

    @property
    def units(self) -> dict[str, str]:
        """What each quantity that is logged is measured in."""
        return dict.fromkeys(self.term_names, cast(str, self.loss.unit))

    @abstractmethod
    def terms(self, x: Tensor) -> dict[str, Tensor]:
        """`loss`, and the other quantities in `term_names`, for each image: (B, C, H, W) -> (B,) each."""

    def training_terms(self, x: Tensor) -> dict[str, Tensor]:
        """`terms`, compiled where the run asks for that."""
        return self.compiled_terms(x) if self.compiled_terms else self.terms(x)

    @abstractmethod
    def encode(self, x: Tensor) -> Tensor:
        """The code of each image, its posterior mean for a VAE: (B, C, H, W) -> (B, D)."""

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """The image that each code stands for: (..., D) -> (..., C, H, W)."""

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> dict[str, Tensor]:
        batch = self.steps.batch or batch
        outputs = self._step(batch, "train")
        self.steps.note(outputs, len(batch[0]))
        return outputs

    def optimizer_step(  # type: ignore[override]
        self, epoch: int, batch_idx: int, optimizer: LightningOptimizer, optimizer_closure: Callable[[], Any]
    ) -> None:
        self.steps.take(self, optimizer, optimizer_closure)

    def on_train_start(self) -> None:
        self.steps.prepare(self, self.trainer)

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> dict[str, Tensor]:
        return self._step(batch, "val")

    def test_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> dict[str, Tensor]:
        return self._step(batch, "test")

    def on_train_epoch_end(self) -> None:
        self._log_means("train")

    def on_validation_epoch_end(self) -> None:
        self._log_means("val")

    def on_test_epoch_end(self) -> None:
        self._log_means("test")

    def epoch_terms(self, stage: str, means: dict[str, Tensor], num_images: Tensor) -> dict[str, Tensor]:
        """What else there is to log of an epoch, from the means of its terms: nothing, for most models."""
        return {}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        metrics = {name: module for name, module in self.named_modules() if isinstance(module, Metric)}
        checkpoint["metrics"] = {name: metric.metric_state for name, metric in metrics.items()}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        # For the rest of an epoch that was saved in the middle.
        for name, states in checkpoint.get("metrics", {}).items():
            metric = self.get_submodule(name)
            for state, value in states.items():
                setattr(metric, state, value.to(self.device))

    def configure_optimizers(self) -> Any:
        optimizer = self.make_optimizer(self.parameters())
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": self.make_scheduler(optimizer), "interval": "epoch", "monitor": "val/loss"},
        }

    def _step(self, batch: tuple[Tensor, Tensor], stage: str) -> dict[str, Tensor]:
        """The mean of each term over the batch; `loss` is what Lightning minimises."""
        terms = self.training_terms(batch[0]) if stage == "train" else self.terms(batch[0])
        self.mean_of(stage).update(terms)
        return {name: term.mean() if name == "loss" else term.detach().mean() for name, term in terms.items()}

    def mean_of(self, stage: str) -> EpochMean:
        """The means of this epoch so far."""
        return cast(EpochMean, self.means[f"{stage}_mean"])

    def _log_means(self, stage: str) -> None:
        mean = self.mean_of(stage)
        # compute() has already summed over devices; sync_dist tells Lightning that every rank has the same value.
        means, num_images = mean.compute()
        logged = {**means, **self.epoch_terms(stage, means, num_images)}
        self.log_dict({f"{stage}/{name}": value for name, value in logged.items()}, sync_dist=True)
        mean.reset()
