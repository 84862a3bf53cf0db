"""Figures of models whose pixels are not in [0, 1] are drawn from grey levels."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from aevb.distributions import Gaussian, NormalPosterior, StandardNormal, VampPrior
from aevb.figures import Quantities
from aevb.losses import SGVBA, SGVBB
from aevb.models import VAE
from aevb.networks import MaskingNoise, MLPDecoder, MLPEncoder

LOW, HIGH = -1.0, 3.0


def model() -> VAE:
    torch.manual_seed(0)
    return VAE(
        encoder=MLPEncoder((1, 4, 4), [8]),
        decoder=partial(MLPDecoder, latent_dim=2, hidden_sizes=[8]),
        posterior=partial(NormalPosterior, latent_dim=2),
        prior=StandardNormal(2),
        likelihood=Gaussian(),
        loss=SGVBB(),
        noise=MaskingNoise(0.5, black=LOW),
        pixel_range=(LOW, HIGH),
    ).eval()


@pytest.fixture
def grey() -> Tensor:
    return torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_every_image_is_grey_and_every_code_is_that_of_the_models_own_pixels(grey: Tensor) -> None:
    vae = model()
    x = LOW + (HIGH - LOW) * grey
    seen = Quantities(vae, x, None)
    torch.testing.assert_close(seen.x, grey)
    torch.testing.assert_close(seen.z, vae.encode(x))
    torch.testing.assert_close(seen.encode(seen.x), seen.z)
    decoded = (vae.decode(seen.z) - LOW) / (HIGH - LOW)
    torch.testing.assert_close(seen.reconstruction, decoded)
    torch.testing.assert_close(seen.decode(seen.z), decoded)
    torch.manual_seed(2)
    drawn = seen.sample(3)
    torch.manual_seed(2)
    torch.testing.assert_close(drawn, (vae.sample(3) - LOW) / (HIGH - LOW))


@torch.no_grad()
def test_pseudo_inputs_are_images_of_the_models_own_pixels() -> None:
    vae = VAE(
        encoder=MLPEncoder((1, 4, 4), [8]),
        decoder=partial(MLPDecoder, latent_dim=2, hidden_sizes=[8]),
        posterior=partial(NormalPosterior, latent_dim=2),
        prior=partial(VampPrior, num_components=3),
        likelihood=Gaussian(),
        loss=SGVBA(),
        pixel_range=(LOW, HIGH),
    )
    assert isinstance(vae.prior, VampPrior)
    components: Any = vae.prior()
    own = vae.posterior_of(LOW + (HIGH - LOW) * vae.prior.pseudo_inputs)
    torch.testing.assert_close(components.component_distribution.mean, own.mean)


@torch.no_grad()
def test_noise_makes_pixels_black_and_leaves_the_others(grey: Tensor) -> None:
    seen = Quantities(model(), LOW + (HIGH - LOW) * grey, None)
    masked = seen.noisy == 0
    assert 0 < masked.sum() < masked.numel()
    torch.testing.assert_close(seen.noisy[~masked], grey[~masked])
    torch.testing.assert_close(seen.denoised, seen.decode(seen.encode(seen.noisy)))


@torch.no_grad()
def test_observed_pixels_stay_what_they_are(grey: Tensor) -> None:
    seen = Quantities(model(), LOW + (HIGH - LOW) * grey, None)
    observed = torch.ones(1, 1, 4, 4, dtype=torch.bool)
    observed[..., 2:, :] = False
    filled = seen.fill_in(seen.x, observed, num_chains=3, num_transitions=4, num_leapfrog=2)
    torch.testing.assert_close(filled.mean[..., :2, :], grey[..., :2, :])
    assert not torch.allclose(filled.mean[..., 2:, :], grey[..., 2:, :])
    chain = seen.run_chain(seen.x, None, num_states=2, every=1, sample=False)
    assert chain.x.shape == (2, *grey.shape)
