"""The approximation and the amortisation gap against closed forms."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from aevb.distributions import FlowPosterior, LogisticNormalPosterior, LowRankNormalPosterior, NormalPosterior
from aevb.losses import SGVBA
from aevb.metrics.inference_gap import best_posterior, inference_gap
from aevb.models import VAE
from tests.models_known_exactly.linear_vae import LinearVAE, diagonal


def test_a_diagonal_posterior_s_gaps_are_those_of_the_closed_form() -> None:
    """The best diagonal q has the exact mean and the variances 1 / Λⱼⱼ for the precision Λ of p(z|x)."""
    torch.manual_seed(0)
    linear = diagonal(sigma=0.8)
    x = linear.images(5)
    gap = inference_gap(linear.model, x, num_steps=400, num_samples=20_000, decodes=1_000_000)
    exact = linear.posterior(x)
    best = Normal(exact.mean, exact.precision_matrix.diagonal(dim1=-2, dim2=-1).rsqrt())
    assert torch.allclose(gap.elbo_best, linear.elbo(x, Independent(best, 1)), atol=0.05)
    assert torch.allclose(gap.elbo, linear.elbo(x, linear.model.posterior_of(x)), atol=0.3, rtol=0.01)
    assert torch.allclose(gap.log_px, linear.log_px(x), atol=0.05)
    assert (linear.log_px(x) - gap.elbo_best > 0.1).all()  # this family does not hold p(z|x)


def test_a_full_covariance_has_no_approximation_gap() -> None:
    torch.manual_seed(0)
    linear = LinearVAE(sigma=0.8)
    x = linear.images(5)
    gap = inference_gap(linear.model, x, num_steps=400, num_samples=5000, decodes=1_000_000)
    assert torch.allclose(gap.elbo_best, linear.log_px(x), atol=0.05)
    assert (gap.elbo_best - gap.elbo > 1).all()


def test_the_exact_encoder_has_no_gap_at_all() -> None:
    torch.manual_seed(0)
    linear = LinearVAE().make_exact()
    x = linear.images(5)
    gap = inference_gap(linear.model, x, num_steps=50, num_samples=5000, decodes=1_000_000)
    for values in gap:
        assert torch.allclose(values, linear.log_px(x), atol=0.05)


@pytest.mark.parametrize("posterior", [NormalPosterior, LowRankNormalPosterior, FlowPosterior])
def test_zero_is_what_the_encoder_gives_and_every_member_can_be_reached(
    posterior: Callable[..., NormalPosterior], small_vae: Callable[..., VAE]
) -> None:
    model = small_vae(SGVBA(), posterior=partial(posterior, latent_dim=2)).requires_grad_(False)
    x = torch.rand(3, 1, 4, 4).double()
    raw = model.posterior.head(model.encoder(x))
    q, z = model.posterior.distribution(raw), torch.randn(3, 2).double()
    assert torch.allclose(q.log_prob(z), model.posterior_of(x).log_prob(z))
    if posterior is NormalPosterior:
        shift = torch.tensor([[1.0, -2.0, 0.5, 3.0]]).double()  # of the means, and of the log variances
        shifted: Any = model.posterior.distribution(raw + shift)
        assert torch.allclose(shifted.mean, q.mean + shift[:, :2])
        assert torch.allclose(shifted.stddev.log(), q.stddev.log() + shift[:, 2:] / 2)


@pytest.mark.parametrize("posterior", [LogisticNormalPosterior, FlowPosterior])
def test_no_member_is_worse_than_the_encoder_s(
    posterior: Callable[..., FlowPosterior], small_vae: Callable[..., VAE]
) -> None:
    from aevb.distributions import FixedPrior, StandardNormal
    from aevb.metrics.inference_gap import mean_elbo

    torch.manual_seed(0)
    prior = StandardNormal(2)
    if posterior is LogisticNormalPosterior:
        prior = FixedPrior(2, torch.distributions.Dirichlet, {"concentration": 1.0})  # type: ignore[assignment]
    model = small_vae(SGVBA(), posterior=partial(posterior, latent_dim=2), prior=prior).requires_grad_(False)
    x = torch.rand(3, 1, 4, 4).double()
    best = best_posterior(model, x, 200)
    ours, theirs = (mean_elbo(x, q, model.densities(), 4000, 100_000) for q in (best, model.posterior_of(x)))
    assert (ours > theirs - 0.05).all()
    assert ours.mean() > theirs.mean()


def test_nothing_of_the_model_is_changed() -> None:
    linear = LinearVAE()
    before = {name: value.clone() for name, value in linear.model.state_dict().items()}
    inference_gap(linear.model, linear.images(3), 10, 100, 1000)
    assert all(torch.equal(before[name], value) for name, value in linear.model.state_dict().items())
    assert isinstance(linear.posterior(linear.images(1)), MultivariateNormal)
