"""Integration over one or two latent dimensions against exact answers, and against scipy's."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad, quad
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from torch import Tensor
from torch.distributions import Bernoulli, Dirichlet, Gamma, Independent, Laplace, Normal

from aevb.distributions import (
    AmortizedPosterior,
    FixedPrior,
    FlowPrior,
    LogisticNormalPosterior,
    MixturePrior,
    NormalPosterior,
)
from aevb.distributions.pairs import log_prob_of_pairs
from aevb.losses import SGVBA
from aevb.metrics.importance import importance_estimates
from aevb.metrics.posterior_density import posterior_density
from aevb.metrics.quadrature import integrate_latents as quadrature
from aevb.models import VAE
from tests.models_known_exactly.linear_vae import LinearVAE, diagonal


@pytest.mark.parametrize("latent_dim", [1, 2])
@pytest.mark.parametrize("sigma", [0.7, 0.05])
@pytest.mark.parametrize("make", [LinearVAE, diagonal])
def test_a_linear_model_s_integrals_are_the_exact_ones(make: type[LinearVAE], sigma: float, latent_dim: int) -> None:
    linear = make(latent_dim=latent_dim, sigma=sigma)
    x = linear.images(5)
    exact = quadrature(linear.model, x)
    assert torch.stack([exact.error, exact.elbo_error]).max() < 1e-3
    assert torch.allclose(exact.log_px, linear.log_px(x), atol=1e-3, rtol=0)
    assert torch.allclose(exact.elbo, linear.elbo(x, linear.model.posterior_of(x)), atol=1e-3, rtol=1e-5)
    assert torch.allclose(exact.mean, linear.posterior(x).mean, atol=1e-4)
    assert torch.allclose(exact.std, linear.posterior(x).stddev, atol=1e-4)


def test_a_posterior_far_from_the_prior_is_found() -> None:
    linear = diagonal(sigma=0.3)
    x = linear.images(4) + 10 * linear.weight[:, 0].reshape(1, 1, 2, 3)  # z₁ near 10
    exact = quadrature(linear.model, x)
    assert exact.mean[:, 0].min() > 6
    assert torch.allclose(exact.log_px, linear.log_px(x), atol=1e-3, rtol=0)


def test_what_cannot_be_resolved_says_so() -> None:
    linear = LinearVAE(latent_dim=1, sigma=1e-6)
    exact = quadrature(linear.model, linear.images(2))
    assert (exact.error > 1e-3).all()


def test_draws_that_rounding_makes_equal_say_so() -> None:
    linear = LinearVAE(latent_dim=1, sigma=0.5, posterior=NormalPosterior)
    weight, bias = linear.model.posterior.head.parameters()
    weight.zero_()
    bias.copy_(torch.tensor([3.0, -80.0]))
    x = linear.images(2)
    found = quadrature(linear.model, x)
    assert torch.allclose(found.log_px, linear.log_px(x), atol=1e-3, rtol=0)
    assert (found.elbo_error > 1e-3).all()


def test_densities_of_a_narrow_likelihood_do_not_depend_on_the_model_s_precision() -> None:
    linear = diagonal(latent_dim=1, sigma=0.05)
    x = linear.images(2).float()
    single = deepcopy(linear.model).float()
    double = deepcopy(single).double()
    exact = quadrature(double, x.double())
    densities = []
    for model, images in ((single, x), (double, x.double())):
        torch.manual_seed(0)  # draws say where to look
        densities.append(posterior_density(model, images, exact)[1])
    found, expected = densities
    assert torch.allclose(found, expected, rtol=1e-6, atol=1e-6)


def nonlinear(small_vae: Callable[..., VAE], **parts: Any) -> VAE:
    return small_vae(SGVBA(), **parts).eval().requires_grad_(False)


def log_joint(model: VAE, x: Tensor, z: list[float]) -> float:
    point = torch.tensor([z], dtype=torch.float64)
    return (model.likelihood_of(point).log_prob(x) + model.prior().log_prob(point)).item()


def test_scipy_integrates_to_the_same(small_vae: Callable[..., VAE]) -> None:
    model, x = nonlinear(small_vae), torch.rand(1, 1, 4, 4).double().round()
    value, _ = dblquad(lambda b, a: np.exp(log_joint(model, x, [a, b]) + 10), -5, 5, -5, 5, epsabs=1e-2)
    assert quadrature(model, x).log_px.item() == pytest.approx(np.log(value) - 10, abs=1e-3)


def test_a_prior_of_positive_numbers_is_opened_up(small_vae: Callable[..., VAE]) -> None:
    parts = {
        "prior": FixedPrior(1, Gamma, {"concentration": 2.0, "rate": 1.5}),
        "posterior": partial(AmortizedPosterior, latent_dim=1, family=Gamma),
    }
    decoder: Any = partial(small_vae().decoder.__class__, 1, hidden_sizes=[8], activation="tanh")
    model, x = nonlinear(small_vae, decoder=decoder, **parts), torch.rand(2, 1, 4, 4).double().round()
    exact = quadrature(model, x)
    for i in range(2):
        value, _ = quad(lambda z, i=i: np.exp(log_joint(model, x[i], [z]) + 10), 0, 60, epsabs=1e-9)
        assert exact.log_px[i].item() == pytest.approx(np.log(value) - 10, abs=1e-3)
    draws = model.posterior_of(x).sample(torch.Size((100_000,)))
    terms = (
        model.likelihood_of(draws).log_prob(x) + model.prior().log_prob(draws) - model.posterior_of(x).log_prob(draws)
    )
    assert ((terms.mean(0) - exact.elbo).abs() < 5 * terms.std(0) / 100_000**0.5 + 1e-3).all()


def test_a_posterior_on_a_part_of_the_prior_s_support_has_an_elbo(small_vae: Callable[..., VAE]) -> None:
    torch.manual_seed(0)
    family = partial(AmortizedPosterior, latent_dim=2, family=Gamma, at_least={"concentration": 3})
    model, x = nonlinear(small_vae, posterior=family), torch.rand(3, 1, 4, 4).double().round()
    exact = quadrature(model, x, tolerance=0.01)
    q = model.posterior_of(x)
    z = q.sample(torch.Size((100_000,)))
    terms = model.likelihood_of(z).log_prob(x) + model.prior().log_prob(z) - q.log_prob(z)
    assert exact.elbo_error.max() < 0.05
    assert ((terms.mean(0) - exact.elbo).abs() < 5 * terms.std(0) / 100_000**0.5 + exact.elbo_error).all()


@pytest.mark.parametrize("prior", ["mixture", "dirichlet", pytest.param("flow", marks=pytest.mark.slow)])
def test_importance_sampling_agrees_for_other_priors(prior: str, small_vae: Callable[..., VAE]) -> None:
    torch.manual_seed(0)
    parts: Any = {
        "mixture": {"prior": MixturePrior(2, 3)},
        "flow": {"prior": FlowPrior(2)},
        "dirichlet": {
            "prior": FixedPrior(2, Dirichlet, {"concentration": 1.5}),
            "posterior": partial(LogisticNormalPosterior, latent_dim=2),
        },
    }[prior]
    model, x = nonlinear(small_vae, **parts), torch.rand(3, 1, 4, 4).double().round()
    exact = quadrature(model, x)
    assert exact.error.max() < 1e-3
    ladder = importance_estimates(model, x, [50_000], decodes=100_000)
    error = (1 / ladder.ess - 1 / 50_000).sqrt()
    assert ((ladder.log_px[50_000] - exact.log_px).abs() < 5 * error + 1e-3).all()


def test_scikit_learn_s_probabilistic_pca_is_a_witness() -> None:
    images = torch.from_numpy(load_digits().images / 16).unsqueeze(1)  # (1797, 1, 8, 8)
    pca = PCA(2).fit(images.flatten(1).numpy())
    linear = LinearVAE(sigma=pca.noise_variance_**0.5, image_shape=(1, 8, 8))
    scale = np.sqrt(pca.explained_variance_ - pca.noise_variance_)
    linear.weight.copy_(torch.from_numpy(pca.components_.T * scale))
    linear.bias.copy_(torch.from_numpy(pca.mean_))
    assert linear.log_px(images).mean().item() == pytest.approx(pca.score(images.flatten(1).numpy()), abs=1e-8)
    exact = quadrature(linear.model, images[:50])
    assert exact.log_px.mean().item() == pytest.approx(pca.score(images[:50].flatten(1).numpy()), abs=1e-3)


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_the_densities_that_are_drawn_integrate_to_one(latent_dim: int) -> None:
    linear = diagonal(latent_dim=latent_dim)
    x = linear.images(3)
    axes, p, q = posterior_density(linear.model, x, quadrature(linear.model, x))
    assert axes.shape == (3, latent_dim, 81)
    for i in range(3):
        cell = (axes[i, :, 1] - axes[i, :, 0]).prod()
        assert (p[i].sum() * cell).item() == pytest.approx(1, abs=0.01)
        assert (q[i].sum() * cell).item() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    "make",
    [
        lambda raw: Independent(Bernoulli(logits=raw, validate_args=False), 3, validate_args=False),
        lambda raw: Independent(Normal(raw, raw.exp()), 3),
        lambda raw: Independent(Normal(raw, torch.tensor(0.3).double()), 3),
        lambda raw: Independent(Laplace(raw, 0.5), 3),
    ],
)
def test_all_pairs_at_once_are_the_pairs_one_by_one(make: Callable[[Tensor], Any]) -> None:
    raw, x = torch.randn(5, 1, 2, 3).double(), torch.rand(4, 1, 2, 3).double()
    one_by_one = torch.stack([torch.stack([make(r).log_prob(image) for image in x]) for r in raw])
    assert torch.allclose(log_prob_of_pairs(make(raw), x), one_by_one)
