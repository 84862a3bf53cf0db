"""Promises of the models beyond those of their parts."""

from collections.abc import Callable
from functools import partial

import pytest
import torch

from aevb.losses import BCE, IWAE, MSE, RMSE, SGVBA, ReconstructionLoss, WakeSleep
from aevb.models import VAE, Autoencoder, check_images
from aevb.networks import MLPDecoder, MLPEncoder


def small_autoencoder(loss: ReconstructionLoss, pixel_range: tuple[int, int] = (0, 1)) -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(
        2,
        MLPEncoder((1, 4, 4), [8]),
        partial(MLPDecoder, 2, hidden_sizes=[8]),
        loss,
        pixel_range=pixel_range,
    ).double()


def test_a_loss_of_the_other_family_is_refused(small_vae: Callable[..., VAE]) -> None:
    with pytest.raises(ValueError, match="loss: expected VariationalBound, got MSE"):
        small_vae(MSE())
    with pytest.raises(ValueError, match="loss: expected ReconstructionLoss, got SGVBA"):
        small_autoencoder(SGVBA())  # type: ignore[arg-type]


def test_a_vae_encodes_to_the_posterior_mean_and_decodes_to_the_likelihood_mean(small_vae: Callable[..., VAE]) -> None:
    model, x = small_vae(), torch.rand(3, 1, 4, 4).double()
    assert torch.equal(model.encode(x), model.posterior_of(x).mean)
    z = torch.randn(3, 2).double()
    assert torch.equal(model.decode(z), torch.sigmoid(model.decoder(z)))
    assert model.latent_dim == 2
    assert model.sample(6).shape == (6, 1, 4, 4)


@pytest.mark.parametrize(
    ("loss", "pixel_range", "message"),
    [
        (BCE(), (-1, 1), r"pixels from -1 to 1: binary cross-entropy is for those in \[0, 1\]"),
        (MSE("sigmoid"), (-1, 1), r"a sigmoid is for those in \[0, 1\]"),
        (RMSE("sigmoid"), (0, 255), r"a sigmoid is for those in \[0, 1\]"),
        (MSE("tanh"), (0, 255), r"a tanh reaches those in \[-1, 1\]"),
        (MSE(), (1, -1), r"pixel_range=\(1, -1\): expected \[low, high\]"),
    ],
)
def test_pixels_that_a_loss_is_not_for(loss: ReconstructionLoss, pixel_range: tuple[int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small_autoencoder(loss, pixel_range)
    small_autoencoder(MSE(), (-3, 5))
    small_autoencoder(MSE("tanh"), (-1, 1))


def test_grey_levels_of_a_range() -> None:
    model = small_autoencoder(MSE(), (-1, 3))
    assert torch.equal(model.to_grey(torch.tensor([-1.0, 1.0, 3.0])), torch.tensor([0.0, 0.5, 1.0]))
    x = torch.rand(5)
    assert torch.allclose(model.to_grey(model.from_grey(x)), x, atol=1e-6)
    check_images(model, torch.full((1, 1, 4, 4), 3.0).double())
    with pytest.raises(ValueError, match=r"pixels from 4 to 4: expected numbers in \[-1, 3\]"):
        check_images(model, torch.full((1, 1, 4, 4), 4.0).double())


def test_the_mean_and_the_root_mean_square_follow_from_the_sum() -> None:
    x, prediction = torch.rand(3, 1, 4, 4), torch.randn(3, 1, 4, 4)
    total = MSE("sigmoid")(prediction, x)
    assert torch.allclose(MSE("sigmoid", "mean")(prediction, x), total / 16)
    assert torch.allclose(RMSE("sigmoid")(prediction, x), (total / 16).sqrt())
    assert MSE().unit != MSE(reduction="mean").unit


@pytest.mark.parametrize("loss", [BCE(), MSE(), MSE("sigmoid"), MSE("tanh")])
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
