"""The chain of a denoising model has the distribution of its data, in float64."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Distribution, Independent, MultivariateNormal, Normal

from aevb.distributions import Gaussian
from aevb.errors import NotApplicable
from aevb.losses import BCE, MSE, RMSE, ReconstructionLoss
from aevb.models import VAE, Autoencoder, denoiser
from aevb.networks import GaussianNoise, MaskingNoise, MLPDecoder, MLPEncoder
from aevb.samplers import denoising_chain
from tests.models.test_models import small_autoencoder
from tests.models_known_exactly.linear_vae import LinearVAE

CHAINS = 10_000


def assert_covariance(x: Tensor, expected: Tensor) -> None:
    """That of draws (N, n) with mean 0 is the expected one, (n, n), within Monte Carlo error."""
    products = x.unsqueeze(2) * x.unsqueeze(1)
    error = products.std(0) / len(x) ** 0.5
    assert ((products.mean(0) - expected).abs() < 5 * error).all()
    assert (x.mean(0).abs() < 5 * x.std(0) / len(x) ** 0.5).all()


def test_with_the_exact_conditional_of_gaussian_data_their_covariance_is_stationary() -> None:
    """x ~ N(0, Σ), x̃ = x + ½ε: P(x|x̃) = N(Gx̃, Σ - GΣ), G = Σ(Σ + ¼I)⁻¹. Chains start far from the data."""
    torch.manual_seed(0)
    root = torch.randn(4, 4).double()
    covariance = root @ root.T / 4 + 0.1 * torch.eye(4).double()
    gain = covariance @ torch.linalg.inv(covariance + 0.25 * torch.eye(4).double())
    conditional = covariance - gain @ covariance

    def denoise(noisy: Tensor) -> Distribution:
        return MultivariateNormal(noisy @ gain.T, (conditional + conditional.T) / 2)

    start = 3 * torch.ones(CHAINS, 4).double()
    chain = denoising_chain(start, GaussianNoise(0.5), denoise, num_states=2, every=20)
    assert_covariance(chain.x[-1], covariance)
    plain = denoising_chain(start, GaussianNoise(0.5), denoise, num_states=1, every=40, sample=False).x[-1]
    assert (plain.var(0) < covariance.diagonal()).all()


def linear_denoiser(scale: float, std: float) -> Autoencoder:
    """The best reconstruction of x ~ N(0, scale² I) from x̃ = x + std·ε, x̂ = x̃ scale² / (scale² + std²)."""
    model = Autoencoder(
        6, MLPEncoder((1, 2, 3), []), partial(MLPDecoder, 6, hidden_sizes=[]), MSE(), GaussianNoise(std)
    ).double()
    pixels: Any = model.decoder.pixels
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.to_code.weight.copy_(torch.eye(6))
        pixels.weight.copy_(scale**2 / (scale**2 + std**2) * torch.eye(6))
    return model


def test_an_autoencoder_with_the_best_weights_draws_its_data() -> None:
    """σ comes from the data: the root of scale² std² / (scale² + std²)."""
    torch.manual_seed(0)
    scale, std = 1.5, 0.8
    x = scale * torch.randn(CHAINS, 1, 2, 3).double()
    denoise = denoiser(linear_denoiser(scale, std), x)
    assert denoise(x[:1]).stddev[0, 0, 0, 0].item() == pytest.approx(scale * std / (scale**2 + std**2) ** 0.5, rel=0.02)
    chain = denoising_chain(torch.zeros_like(x), GaussianNoise(std), denoise, num_states=1, every=15)
    variance = chain.x[-1].flatten(1).var(0)
    assert torch.allclose(variance, torch.full_like(variance, scale**2), rtol=0.05)  # σ is itself an estimate


def test_a_vae_with_its_exact_posterior_keeps_p_x() -> None:
    """The noise is none here: z ~ p(z|x), x' ~ p(x'|z) is Gibbs sampling of the joint."""
    torch.manual_seed(0)
    linear = LinearVAE(sigma=0.5).make_exact()
    linear.model.noise = GaussianNoise(0.0)
    x = linear.images(CHAINS)
    chain = denoising_chain(x, linear.model.noise, denoiser(linear.model, x), num_states=1, every=4)
    assert_covariance(chain.x[-1].flatten(1) - linear.bias, linear.marginal.covariance_matrix)
    assert not torch.allclose(chain.x[-1], x, atol=0.5)


def test_on_two_states_the_chain_has_the_probabilities_of_the_data() -> None:
    """x is 1 with probability 0.3, and becomes 0 with probability ½: P(1|x̃ = 0) = 0.15 / 0.85."""
    torch.manual_seed(0)

    def denoise(noisy: Tensor) -> Distribution:
        return Independent(Bernoulli(torch.where(noisy == 1, 1.0, 0.15 / 0.85)), 3)

    chain = denoising_chain(torch.ones(CHAINS, 1, 1, 1), MaskingNoise(0.5), denoise, num_states=2, every=15)
    assert chain.x.unique().tolist() == [0, 1]
    assert chain.x[-1].mean().item() == pytest.approx(0.3, abs=5 * (0.21 / CHAINS) ** 0.5)


def test_states_are_every_so_many_steps_of_one_chain() -> None:
    def denoise(noisy: Tensor) -> Distribution:
        return Independent(Normal(noisy + 1, 1e-9), 3)

    chain = denoising_chain(torch.zeros(2, 1, 1, 1).double(), nn.Identity(), denoise, num_states=3, every=4)
    assert chain.x.shape == (3, 2, 1, 1, 1)
    assert torch.allclose(chain.x[:, 0].flatten(), torch.tensor([4.0, 8, 12]).double())
    assert torch.allclose(chain.x, chain.mean)
    assert not torch.equal(chain.x, chain.mean)


@pytest.mark.parametrize("loss", [BCE(), MSE(), MSE("sigmoid")])
def test_the_conditional_is_the_one_whose_likelihood_the_loss_maximises(loss: ReconstructionLoss) -> None:
    model = small_autoencoder(loss)
    model.noise = GaussianNoise(0.5)
    x, noisy = torch.rand(2, 5, 1, 4, 4).double()
    sigma = None if isinstance(loss, BCE) else 0.5**0.5
    log_p = denoiser(model, x, sigma)(noisy).log_prob(x)
    difference = loss(model.decoder(model.encode(noisy)), x) + log_p
    assert torch.allclose(difference, difference[0].expand(5))  # a constant lies between


def test_a_sigma_of_zero_is_the_reconstruction() -> None:
    model = small_autoencoder(RMSE())
    model.noise = GaussianNoise(0.5)
    x = torch.rand(5, 1, 4, 4).double()
    assert torch.equal(denoiser(model, x, 0.0)(x).sample(), model.decode(model.encode(x)))


def test_a_sigma_where_there_is_none_is_refused(small_vae: Callable[..., VAE]) -> None:
    x, noise = torch.rand(5, 1, 4, 4).double(), GaussianNoise(0.5)
    with pytest.raises(ValueError, match=r"sigma=0.1.*has its own"):
        denoiser(small_vae(noise=noise, likelihood=Gaussian()), x, 0.1)
    model = small_autoencoder(BCE())
    model.noise = noise
    with pytest.raises(ValueError, match=r"sigma=0.1.*black or white"):
        denoiser(model, x, 0.1)
    with pytest.raises(NotApplicable, match="without noise"):
        denoiser(small_autoencoder(MSE()), x)
