"""What callbacks change while training gives the same in chunks as step by step."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import (
    BaseFinetuning,
    DeviceStatsMonitor,
    EarlyStopping,
    EMAWeightAveraging,
    GradientAccumulationScheduler,
    LambdaCallback,
    LearningRateMonitor,
    ModelPruning,
    StochasticWeightAveraging,
    Timer,
)
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.utilities.types import LRSchedulerConfig
from torch import Tensor, nn
from torch.optim.lr_scheduler import ExponentialLR

from aevb.data import Digits, ImageData
from aevb.distributions import Bernoulli, NormalPosterior, StandardNormal
from aevb.losses import SGVBB
from aevb.models import VAE
from aevb.networks import MLPDecoder, MLPEncoder
from aevb.train import LightningModel
from aevb.train.callbacks import History
from aevb.train.data_module import ImageDataModule
from aevb.train.quiet import quiet_lightning
from aevb.train.steps import Chunks
from aevb.train.steps.obstacles import hooked_part

Facts = tuple[dict[str, Tensor], list[dict[str, float]], int]
EPOCHS = 3


def fit(chunks: Chunks, callback: Callback, **options: Any) -> Facts:
    """The weights, the rows of the history and the number of steps of a short run."""
    quiet_lightning()
    torch.manual_seed(0)
    model = VAE(
        MLPEncoder((1, 8, 8), [6], "tanh"),
        partial(MLPDecoder, 2, hidden_sizes=[6], activation="tanh"),
        partial(NormalPosterior, latent_dim=2),
        StandardNormal(2),
        Bernoulli(),
        SGVBB(),
    )
    module = LightningModel(model, partial(torch.optim.Adam, lr=1e-2, fused=True), chunks=chunks)
    history = History("history.csv")
    history.path = options.pop("folder") / "history.csv"
    logger = options.pop("logger", False)
    trainer = Trainer(
        max_epochs=EPOCHS,
        accelerator="cpu",
        callbacks=[history, callback],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        logger=logger,
        **options,
    )
    # an epoch has five batches of 20 images, and one of 10
    data = ImageData(Digits, channels=1, image_size=8, batch_size=20, val_size=40, limit=110)
    torch.manual_seed(0)
    trainer.fit(module, datamodule=ImageDataModule(data))
    return {name: value.clone() for name, value in model.state_dict().items()}, history.rows, trainer.global_step


class AtEpoch(Callback):
    """Calls a function when the second epoch begins."""

    def __init__(self, act: Callable[[Trainer, Any], object]) -> None:
        self.act = act

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.current_epoch == 1:
            self.act(trainer, pl_module.model)


class AtValidation(AtEpoch):
    """Calls it after the first validation, in the middle of an epoch."""

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None: ...

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.current_epoch == 0:
            self.act(trainer, pl_module.model)


def encoder_of(module: LightningModule) -> nn.Module:
    encoder: nn.Module = cast(VAE, module.model).encoder
    return encoder


class FreezeThenTrain(BaseFinetuning):
    def freeze_before_training(self, pl_module: LightningModule) -> None:
        self.freeze(encoder_of(pl_module))

    def finetune_function(self, pl_module: LightningModule, epoch: int, optimizer: torch.optim.Optimizer) -> None:
        if epoch == 1:
            self.unfreeze_and_add_param_group(encoder_of(pl_module), optimizer)


class RatePerStep(Callback):
    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        trainer.optimizers[0].param_groups[0]["lr"] = 0.01 / (1 + trainer.global_step)


class GradientNoise(Callback):
    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Any) -> None:
        if trainer.global_step == 8:
            trainer.accumulate_grad_batches = 2
        for parameter in pl_module.parameters():
            assert parameter.grad is not None
            parameter.grad.add_(0.1)


def clip(trainer: Trainer, model: VAE) -> None:
    trainer.gradient_clip_val = 0.5


def another_optimizer(trainer: Trainer, model: VAE) -> None:
    trainer.optimizers = [torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)]


def another_optimizer_in_place(trainer: Trainer, model: VAE) -> None:
    trainer.optimizers[0] = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)


def freeze(trainer: Trainer, model: VAE) -> None:
    model.encoder.requires_grad_(False)


def another_parameter(trainer: Trainer, model: VAE) -> None:
    first = next(layer for layer in model.encoder.modules() if isinstance(layer, nn.Linear))
    first.weight = nn.Parameter(first.weight.detach() / 2)
    trainer.optimizers[0].add_param_group({"params": [first.weight], "lr": 0.02})


def hook(trainer: Trainer, model: VAE) -> None:
    model.encoder.register_forward_hook(lambda module, args, output: output / 2)


def rate_by_step(trainer: Trainer, model: VAE) -> None:
    config = LRSchedulerConfig(ExponentialLR(trainer.optimizers[0], 0.9), interval="step")
    trainer.lr_scheduler_configs.append(config)


def stop(trainer: Trainer, model: VAE) -> None:
    trainer.should_stop = True


CASES: dict[str, tuple[Callable[[], Callback], dict[str, Any]]] = {
    "nothing": (Callback, {}),
    "accumulation": (lambda: GradientAccumulationScheduler({1: 3}), {}),
    "clipping": (lambda: AtEpoch(clip), {}),
    "clipping in the middle": (lambda: AtValidation(clip), {"val_check_interval": 3}),
    "an optimiser": (lambda: AtEpoch(another_optimizer), {}),
    "an optimiser in place": (lambda: AtEpoch(another_optimizer_in_place), {}),
    "an optimiser in the middle": (lambda: AtValidation(another_optimizer), {"val_check_interval": 3}),
    "a group of parameters": (FreezeThenTrain, {}),
    "frozen parameters": (lambda: AtEpoch(freeze), {}),
    "another parameter": (lambda: AtEpoch(another_parameter), {}),
    "a hook": (lambda: AtEpoch(hook), {}),
    "the rate of each step": (RatePerStep, {}),
    "a scheduler by steps": (lambda: AtEpoch(rate_by_step), {}),
    "gradients": (GradientNoise, {}),
    "an average of the last epochs": (lambda: StochasticWeightAveraging(0.02, swa_epoch_start=1), {}),
    "an average of all steps": (lambda: EMAWeightAveraging(decay=0.9), {}),
    "pruning": (lambda: ModelPruning("l1_unstructured", amount=0.3), {}),
    "the end after a number of steps": (lambda: AtValidation(stop), {"min_steps": 9, "min_epochs": 1}),
    "an early end": (lambda: EarlyStopping("val/loss", min_delta=1e6, patience=1), {"min_steps": 15}),
    "the same few images": (Callback, {"overfit_batches": 3}),
    "loaders": (Callback, {"reload_dataloaders_every_n_epochs": 1, "limit_train_batches": 4}),
    "a monitor": (lambda: LearningRateMonitor("step"), {}),
    "statistics": (DeviceStatsMonitor, {}),
    "a timer": (lambda: Timer(duration={"hours": 1}), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_changes_while_training_gives_the_same_in_chunks(case: str, tmp_path: Any) -> None:
    make, options = CASES[case]
    runs = []
    for chunks in (Chunks(), Chunks("auto", "auto")):
        logger = CSVLogger(tmp_path) if case in ("a monitor", "statistics") else False
        runs.append(fit(chunks, make(), folder=tmp_path, logger=logger, **options))
    (weights, rows, steps), (others, other_rows, other_steps) = runs
    assert steps == other_steps
    assert rows == other_rows
    assert weights.keys() == others.keys()
    assert [name for name in weights if not torch.equal(weights[name], others[name])] == []


@pytest.mark.parametrize(
    ("act", "captures"),
    [
        (lambda trainer, model: None, 1),
        (freeze, 2),
        (another_parameter, 2),
        (lambda trainer, model: setattr(model.prior, "temperature", 0.5), 2),  # a graph holds numbers as they were
        (clip, 1),  # and is not used again
    ],
)
def test_a_graph_is_captured_anew_for_what_it_holds(
    act: Callable[[Trainer, VAE], object], captures: int, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def capture(step: Callable[[], None], *args: Any) -> Callable[[], None]:
        made.append(step)
        return step

    monkeypatch.setattr("aevb.train.steps.direct_step.captured", capture)
    monkeypatch.setattr("aevb.train.steps.chunks.why_not_captured", lambda model, trainer: None)
    fit(Chunks("auto", "auto"), AtEpoch(act), folder=tmp_path)
    assert len(made) == captures


def test_hooks_are_python_that_no_graph_calls() -> None:
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer)
    assert hooked_part(model) is None
    handle = layer.register_forward_hook(lambda module, args, output: None)
    assert hooked_part(model) == "a hook of 0"
    handle.remove()
    layer.weight.register_post_accumulate_grad_hook(lambda parameter: None)
    assert hooked_part(model) == "a hook of 0.weight"


def test_a_callback_that_has_its_hooks_by_itself_sees_every_batch(tmp_path: Any) -> None:
    seen: list[int] = []
    looker = LambdaCallback(on_train_batch_end=lambda trainer, *_: seen.append(trainer.global_step))
    fit(Chunks("auto"), looker, folder=tmp_path)
    assert seen == list(range(1, 19))
