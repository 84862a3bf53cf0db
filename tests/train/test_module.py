"""Any model under a Trainer."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from lightning.pytorch import Trainer
from torch.utils.data import DataLoader, TensorDataset

from aevb.losses import IWAE, MSE
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


def test_copies_of_a_model_are_averaged() -> None:
    terms = {"a": torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])}  # of 3 copies, 2 images
    assert torch.equal(sums_over_images(terms, ("a",)), torch.tensor([7.0]))


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
