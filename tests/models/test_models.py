"""Promises of the models beyond those of their parts."""

from collections.abc import Callable
from functools import partial

import pytest
import torch

from aevb.losses import BCE, IWAE, MSE, SGVBA, ReconstructionLoss, WakeSleep
from aevb.models import VAE, Autoencoder
from aevb.networks import MLPDecoder, MLPEncoder


def small_autoencoder(loss: ReconstructionLoss) -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(
        2,
        MLPEncoder((1, 4, 4), [8]),
        partial(MLPDecoder, 2, hidden_sizes=[8]),
        loss,
    ).double()


def test_a_loss_of_the_other_family_is_refused(small_vae: Callable[..., VAE]) -> None:
    with pytest.raises(ValueError, match="loss: expected a VariationalBound, got a MSE"):
        small_vae(MSE())
    with pytest.raises(ValueError, match="loss: expected a ReconstructionLoss, got a SGVBA"):
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


def test_the_best_epoch_is_selected_by_the_bound_that_is_maximised(small_vae: Callable[..., VAE]) -> None:
    assert (small_vae().select_by, small_vae().select_mode) == ("elbo", "max")
    assert (small_vae(IWAE(2)).select_by, small_vae(IWAE(2)).select_mode) == ("loss", "min")
    assert (small_vae(WakeSleep()).select_by, small_vae(WakeSleep()).select_mode) == ("elbo", "max")
