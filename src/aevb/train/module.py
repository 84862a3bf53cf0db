"""Any model under a Trainer."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.core.optimizer import LightningOptimizer
from lightning.pytorch.trainer.states import TrainerFn
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics import Metric

from aevb.data import DeviceLoader
from aevb.errors import UserError
from aevb.metrics.code_use import CodeUse
from aevb.models import ImageModel, SeedEnsemble
from aevb.train.epoch_mean import EpochMean, sums_over_images
from aevb.train.steps import ChunkCallback, Chunks

STAGES = ("train", "val", "test")


class LightningModel(LightningModule):
    """An ImageModel under a Trainer: one mean over the batch, means over the epoch, an optimiser, its steps.

    Batches are (x, labels), or x alone. Means over an epoch are logged as train/, val/ and test/ followed by the
    quantity's name. A checkpoint holds the model's own weights, under the model's own names.

    Copies trained at once, a SeedEnsemble, are logged as their mean; `of_each_copy` has what each has last logged, (n,)
    by name.

    optimizer: makes the optimiser from the trainable parameters, for example partial(torch.optim.Adam, lr=1e-3).
    scheduler: makes the learning-rate scheduler from the optimiser; stepped once an epoch, before the epoch's
        checkpoints; ReduceLROnPlateau by val/loss, in epochs that have a validation. None: the rate stays.
    chunks: how steps are taken; None leaves the loop to Lightning.
    """

    def __init__(
        self,
        model: ImageModel,
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler] | None = None,
        chunks: Chunks | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.make_optimizer = optimizer
        self.make_scheduler = scheduler
        self.chunks = chunks or Chunks()
        self.training_terms: Callable[[Tensor], dict[str, Tensor]] = model.terms
        copies = model.n if isinstance(model, SeedEnsemble) else 1
        self.of_each_copy: dict[str, Tensor] = {}
        self.validation_loss: float | None = None  # of the last validation of this epoch
        self.means = nn.ModuleDict({f"{stage}_mean": EpochMean(model.term_names, copies) for stage in STAGES})
        self.register_state_dict_post_hook(_without_model_prefix)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_with_model_prefix)  # type: ignore[no-untyped-call]
        num_codes = model.num_codes
        stages = STAGES if num_codes else ()
        self.code_use = nn.ModuleDict({f"{stage}_use": CodeUse(num_codes or 0, copies) for stage in stages})

    @property
    def monitor(self) -> str:
        """What tells the best epoch."""
        return f"val/{self.model.select_by}"

    def configure_optimizers(self) -> Any:
        optimizer = self.make_optimizer(parameters_to_optimise(self.model))
        if self.make_scheduler is None:
            return optimizer
        # Lightning steps a plateau after the checkpoints, and a run that goes on from one would have missed a step.
        scheduler = {"scheduler": self.make_scheduler(optimizer), "interval": "epoch", "reduce_on_plateau": False}
        return {"optimizer": optimizer, "lr_scheduler": scheduler}

    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        if not isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step()

    def on_train_start(self) -> None:
        self.model.begin_training(num_training_images(self.trainer))
        self.chunks.prepare(self)

    def on_train_epoch_start(self) -> None:
        self.validation_loss = None

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        self.follow_schedules(batch_idx)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        x = images_of(batch)
        terms = self.training_terms(x)
        sums = self._add_to_epoch("train", terms, len(x))
        self.chunks.record(sums.mean(1) / len(x), len(x))
        return terms["loss"].mean(-1).sum()

    def optimizer_step(  # type: ignore[override]
        self, epoch: int, batch_idx: int, optimizer: LightningOptimizer, optimizer_closure: Callable[[], Any]
    ) -> None:
        chunk = self.chunks.take(self, optimizer, optimizer_closure)
        for callback in self.trainer.callbacks:  # type: ignore[attr-defined]
            if isinstance(callback, ChunkCallback):
                callback.on_chunk_end(self.trainer, self, chunk)

    def validation_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        return self._evaluation_step(batch, "val")

    def test_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        return self._evaluation_step(batch, "test")

    def on_train_epoch_end(self) -> None:
        self._log_epoch("train")
        for config in self.trainer.lr_scheduler_configs:
            if isinstance(config.scheduler, ReduceLROnPlateau) and self.validation_loss is not None:
                config.scheduler.step(self.validation_loss)

    def on_validation_epoch_end(self) -> None:
        self.validation_loss = self._log_epoch("val")["loss"].item()

    def on_test_epoch_end(self) -> None:
        self._log_epoch("test")

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        metrics = {name: module for name, module in self.named_modules() if isinstance(module, Metric)}
        checkpoint["validation_loss"] = self.validation_loss
        checkpoint["metrics"] = {name: metric.metric_state for name, metric in metrics.items()}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        if isinstance(self.model, SeedEnsemble) and self.trainer.state.fn == TrainerFn.FITTING:
            self._check_optimised(self.model, checkpoint["optimizer_states"][0])
        # For the rest of an epoch that was saved in the middle.
        self.validation_loss = checkpoint.get("validation_loss")
        for name, states in checkpoint.get("metrics", {}).items():
            metric = self.get_submodule(name)
            for state, value in states.items():
                setattr(metric, state, value.to(self.device))

    def follow_schedules(self, batch_idx: int) -> None:
        """Set what follows a schedule, such as β, for batch `batch_idx` of this epoch."""
        self.model.at_epoch(self.current_epoch + batch_idx / self.trainer.num_training_batches)

    def mean_of(self, stage: str) -> EpochMean:
        """The means of this epoch so far."""
        return cast(EpochMean, self.means[f"{stage}_mean"])

    def count_codes(self, stage: str, terms: dict[str, Tensor]) -> None:
        """Count the discrete codes of a batch, if the model has any."""
        if self.model.num_codes:
            self.code_use[f"{stage}_use"].update(terms["codes"])  # type: ignore[operator]

    def _check_optimised(self, ensemble: SeedEnsemble, state: dict[str, Any]) -> None:
        """Raise UserError if an optimiser trained stacked parameters, and now trains each copy's, or the other way."""
        saved = len(state["param_groups"][0]["params"])
        stacked = sum(parameter.requires_grad for parameter in ensemble.parameters())
        on_cpu = self.trainer.strategy.root_device.type == "cpu"
        if saved != stacked * (ensemble.n if on_cpu else 1):
            there, choice = ("a GPU", "gpu") if on_cpu else ("a CPU", "cpu")
            raise UserError(
                f"This run of {ensemble.n} seeds began on {there}, where their optimiser keeps other numbers: go on "
                f"with trainer={choice}"
            )

    def _evaluation_step(self, batch: Any, stage: str) -> dict[str, Tensor]:
        """The mean of each term over the batch."""
        x = images_of(batch)
        sums = self._add_to_epoch(stage, self.model.terms(x), len(x))
        return dict(zip(self.model.term_names, sums.mean(1) / len(x), strict=True))

    def _add_to_epoch(self, stage: str, terms: dict[str, Tensor], num_images: int) -> Tensor:
        """Count a batch into the means of the epoch; returns the sums over its images, (T, n)."""
        sums = sums_over_images(terms, self.model.term_names)
        self.mean_of(stage).update(sums, num_images)
        self.count_codes(stage, terms)
        return sums

    def _log_epoch(self, stage: str) -> dict[str, Tensor]:
        """Log the means of an epoch, and begin new ones; returns what was logged, by quantity."""
        mean = self.mean_of(stage)
        # compute() has already summed over devices; sync_dist tells Lightning that every rank has the same value.
        means, num_images = mean.compute()
        logged = {**means, **self.model.epoch_terms(means, num_images)}
        mean.reset()
        if self.model.num_codes:
            use = cast(CodeUse, self.code_use[f"{stage}_use"])
            logged |= use.compute()
            use.reset()
        # Curves end with training; the report logs the figures of the tested model.
        on_curves = bool(self.trainer.loggers) and self.trainer.state.fn == TrainerFn.FITTING
        named = {f"{stage}/{name}": value for name, value in logged.items()}
        self.of_each_copy |= named
        self.log_dict({name: value.mean() for name, value in named.items()}, sync_dist=True, logger=on_curves)
        return {name: value.mean() for name, value in logged.items()}


def parameters_to_optimise(model: ImageModel) -> list[nn.Parameter]:
    """What an optimiser trains of a model."""
    if isinstance(model, SeedEnsemble):
        return model.to_optimise()
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def _without_model_prefix(module: nn.Module, state_dict: dict[str, Any], prefix: str, local_metadata: Any) -> None:
    """Name the model's weights as the model does."""
    for name in [name for name in state_dict if name.startswith(f"{prefix}model.")]:
        state_dict[prefix + name.removeprefix(f"{prefix}model.")] = state_dict.pop(name)


def _with_model_prefix(module: nn.Module, state_dict: dict[str, Any], prefix: str, *unused: Any) -> None:
    """The opposite, before weights are loaded."""
    for name in [name for name in state_dict if name.startswith(prefix)]:
        state_dict[f"{prefix}model.{name.removeprefix(prefix)}"] = state_dict.pop(name)


def images_of(batch: Any) -> Tensor:
    """The images of a batch that is (x, labels), or x alone."""
    images: Tensor = batch[0] if isinstance(batch, list | tuple) else batch
    return images


def num_training_images(trainer: Trainer) -> int:
    """How many images are trained on, on all devices together; with trainer.overfit_batches those of its batches.

    trainer.limit_train_batches leaves an epoch fewer, but another epoch has others.
    """
    loader: Any = trainer.train_dataloader
    if not isinstance(loader, DeviceLoader):
        return len(loader.dataset)
    if loader.sampler.fixed:
        return sum(loader.sampler.joint_sizes()[: int(trainer.num_training_batches)])
    return loader.sampler.num_images
