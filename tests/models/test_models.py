"""What the models promise beyond their parts."""

from collections.abc import Callable
from functools import partial

import pytest
import torch

from aevb.losses import BCE, IWAE, MSE, SGVBA, ReconstructionLoss, WakeSleep
from aevb.models import VAE, Autoencoder
from aevb.networks import MLPDecoder, MLPEncoder
from aevb.train.epoch_mean import EpochMean
from tests.conftest import NO_SCHEDULE


def small_autoencoder(loss: ReconstructionLoss) -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(
        2,
        MLPEncoder((1, 4, 4), [8]),
        partial(MLPDecoder, 2, hidden_sizes=[8]),
        loss,
        partial(torch.optim.Adam, lr=1e-3),
        NO_SCHEDULE,
    ).double()


def test_a_vae_names_the_losses_that_fit(small_vae: Callable[..., VAE]) -> None:
    with pytest.raises(ValueError, match="VAE cannot be trained with MSE: use loss=ciwae, loss=dreg, ") as error:
        small_vae(MSE())
    assert all(f"loss={name}" in str(error.value) for name in ("sgvb_a", "sgvb_b", "wake_sleep"))
    assert "\n" not in str(error.value)


def test_an_autoencoder_names_the_losses_that_fit() -> None:
    with pytest.raises(ValueError, match="Autoencoder cannot be trained with SGVBA: use loss=bce, loss=mse, loss=rmse"):
        small_autoencoder(SGVBA())  # type: ignore[arg-type]


def test_a_vae_encodes_to_the_posterior_mean_and_decodes_to_the_likelihood_mean(small_vae: Callable[..., VAE]) -> None:
    model, x = small_vae(), torch.rand(3, 1, 4, 4).double()
    assert torch.equal(model.encode(x), model.posterior_of(x).mean)
    z = torch.randn(3, 2).double()
    assert torch.equal(model.decode(z), torch.sigmoid(model.decoder(z)))
    assert model.latent_dim == 2
    assert model.sample(6).shape == (6, 1, 4, 4)


@pytest.mark.parametrize("loss", [BCE(), MSE(), MSE("sigmoid")])
def test_an_autoencoder_shows_the_image_that_its_loss_compares(loss: ReconstructionLoss) -> None:
    model, x = small_autoencoder(loss), torch.rand(3, 1, 4, 4).double()
    shown = model.decode(model.encode(x))
    expected = loss(model.decoder(model.encode(x)), x)
    if isinstance(loss, MSE):
        assert torch.allclose((shown - x).square().flatten(1).sum(1), expected)
    assert torch.allclose(model.terms(x)["loss"], expected)
    assert set(model.terms(x)) == set(model.term_names)


def test_the_step_takes_the_mean_over_the_batch_and_nothing_else(small_vae: Callable[..., VAE]) -> None:
    model, x = small_vae(), torch.rand(6, 1, 4, 4).double()
    torch.manual_seed(1)
    terms = model.terms(x)
    torch.manual_seed(1)
    step = model.training_step((x, torch.zeros(6)), 0)
    assert set(step) == set(model.term_names)
    for name, value in step.items():
        assert torch.allclose(value, terms[name].mean())
    assert step["loss"].requires_grad
    assert not step["kl"].requires_grad


def test_means_over_an_epoch_count_images_not_batches() -> None:
    mean = EpochMean(("loss",))
    mean.update({"loss": torch.tensor([1.0, 2.0, 3.0])})
    mean.update({"loss": torch.tensor([10.0])})
    assert mean.compute() == ({"loss": 4.0}, 4)
    mean.reset()
    mean.update({"loss": torch.tensor([7.0])})
    assert mean.compute() == ({"loss": 7.0}, 1)


def test_the_best_checkpoint_is_the_best_by_the_bound_that_is_maximised(small_vae: Callable[..., VAE]) -> None:
    assert (small_vae().monitor, small_vae().monitor_mode) == ("val/elbo", "max")
    assert (small_vae(IWAE(2)).monitor, small_vae(IWAE(2)).monitor_mode) == ("val/loss", "min")
    assert (small_vae(WakeSleep()).monitor, small_vae(WakeSleep()).monitor_mode) == ("val/elbo", "max")
