"""Any model under a Trainer."""

from collections.abc import Callable
from functools import partial
from math import exp, log
from typing import cast

import pytest
import torch
from lightning.pytorch import Trainer
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from aevb.losses import IWAE, MSE
from aevb.metrics.code_use import CodeUse
from aevb.models import VAE
from aevb.train import LightningModel
from aevb.train.epoch_mean import EpochMean, sums_over_images
from aevb.train.quiet import quiet_lightning
from tests.models.test_models import small_autoencoder

ADAM = partial(torch.optim.Adam, lr=1e-2)
QUIET = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}


def test_the_step_takes_the_mean_over_the_batch_and_nothing_else(small_vae: Callable[..., VAE]) -> None:
    model, x = small_vae(), torch.rand(6, 1, 4, 4).double()
    torch.manual_seed(1)
    terms = model.terms(x)
    module = LightningModel(model, ADAM)
    for batch in ((x, torch.zeros(6)), x):
        torch.manual_seed(1)
        loss = module.training_step(batch, 0)
        assert torch.allclose(loss, terms["loss"].mean())
        assert loss.requires_grad
    (_, recorded) = module.chunks.recorded
    expected = torch.stack([terms[name].mean() for name in model.term_names])
    assert torch.allclose(recorded, expected)
    assert not recorded.requires_grad
    assert module.chunks.images == 12


def test_means_over_an_epoch_count_images_not_batches() -> None:
    mean = EpochMean(("loss",))
    for values in ([1.0, 2.0, 3.0], [10.0]):
        mean.update(sums_over_images({"loss": torch.tensor(values)}, ("loss",)), len(values))
    assert mean.compute() == ({"loss": torch.tensor(4.0)}, 4)
    mean.reset()
    mean.update(torch.tensor([7.0]), 1)
    assert mean.compute() == ({"loss": torch.tensor(7.0)}, 1)


def test_the_means_of_several_copies_are_kept_apart() -> None:
    terms = {"a": torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])}  # of 3 copies, 2 images
    mean = EpochMean(("a",), copies=3)
    mean.update(sums_over_images(terms, ("a",)), 2)
    assert mean.compute()[0]["a"].tolist() == [1.5, 3.5, 5.5]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_sums_keep_their_precision_in_a_model_of_any_other(dtype: torch.dtype) -> None:
    model = nn.ModuleDict({"mean": EpochMean(("loss",)), "use": CodeUse(4)}).to(dtype).to("cpu", dtype=dtype)
    mean, use = cast(EpochMean, model["mean"]), cast(CodeUse, model["use"])
    nats = torch.full((100,), 100.25, dtype=dtype)
    for _ in range(2000):
        mean.update(sums_over_images({"loss": nats}, ("loss",)), 100)
        use.update(torch.tensor([0, 1, 2, 2]))
    assert mean.compute() == ({"loss": nats[0].double()}, 200_000)  # to the last digit
    mean.reset()
    assert mean.sums.dtype == torch.float64
    entropy = -(0.5 * log(0.25) + 0.5 * log(0.5))
    assert use.compute()["perplexity"].item() == pytest.approx(exp(entropy), rel=1e-12)


def test_a_checkpoint_holds_the_model_under_its_own_names(small_vae: Callable[..., VAE]) -> None:
    model = small_vae()
    module = LightningModel(model, ADAM)
    assert module.state_dict().keys() == model.state_dict().keys()
    other = LightningModel(small_vae(), ADAM)
    weights = {name: torch.zeros_like(value) for name, value in model.state_dict().items()}
    other.load_state_dict(weights)
    assert not any(value.any() for value in other.model.state_dict().values())


@pytest.mark.parametrize("labels", [False, True])
def test_a_plain_trainer_and_a_plain_loader_will_do(labels: bool, small_vae: Callable[..., VAE]) -> None:
    x = (torch.arange(64) % 2).float().reshape(64, 1, 1, 1).expand(64, 1, 4, 4)  # black or white
    data = TensorDataset(x, torch.zeros(64)) if labels else x
    loader: DataLoader[object] = DataLoader(data, batch_size=10)  # type: ignore[arg-type]
    quiet_lightning()
    model = small_vae(map_estimate=True).float()
    before = model.terms(x)["elbo"].mean()
    module = LightningModel(model, ADAM)
    trainer = Trainer(max_epochs=20, accelerator="cpu", **QUIET)  # type: ignore[arg-type]
    trainer.fit(module, loader, loader)
    assert model.num_training_images == 64
    assert model.terms(x)["elbo"].mean() > before + 0.5
    assert trainer.callback_metrics["val/elbo"] == pytest.approx(model.eval().terms(x)["elbo"].mean().item(), abs=1)


def test_the_monitor_is_the_quantity_that_selects_in_validation(small_vae: Callable[..., VAE]) -> None:
    assert LightningModel(small_vae(), ADAM).monitor == "val/elbo"
    assert LightningModel(small_vae(IWAE(2)), ADAM).monitor == "val/loss"
    assert LightningModel(small_autoencoder(MSE()), ADAM).monitor == "val/loss"


def test_only_trainable_parameters_are_optimised(small_vae: Callable[..., VAE]) -> None:
    model = small_vae()
    model.encoder.requires_grad_(False)
    optimizer = LightningModel(model, ADAM).configure_optimizers()
    trained = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    assert trained == {id(parameter) for parameter in model.parameters() if parameter.requires_grad}
