"""Annealed importance sampling against exact answers, from below and from above."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch.distributions import Dirichlet

from aevb.distributions import FixedPrior, LogisticNormalPosterior, MixturePrior
from aevb.losses import SGVBA
from aevb.metrics.annealed import annealed_importance, sandwich, sigmoid_schedule
from aevb.metrics.quadrature import integrate_latents as quadrature
from aevb.models import VAE
from tests.models_known_exactly.linear_vae import LinearVAE, diagonal


def test_the_schedule_goes_from_zero_to_one() -> None:
    betas = sigmoid_schedule(50)
    assert betas[0] == 0
    assert betas[-1] == 1
    assert (betas.diff() > 0).all()
    assert betas.diff()[0] < betas.diff()[25]


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_it_agrees_with_the_exact_answer_within_its_error(latent_dim: int) -> None:
    """The encoder is far off, and plays no part."""
    torch.manual_seed(0)
    linear = diagonal(latent_dim=latent_dim, sigma=0.5)
    x = linear.images(12)
    found = annealed_importance(linear.model, x, num_chains=60, num_temperatures=60, num_leapfrog=5, decodes=100_000)
    error = (1 / found.ess - 1 / 60).clamp(min=0).sqrt()
    assert ((found.log_px - linear.log_px(x)).abs() < 5 * error + 1e-3).all()
    assert 0.5 < found.acceptance.mean() < 0.85  # adapted to 0.65


def test_the_estimate_of_p_x_has_no_bias_with_few_temperatures() -> None:
    torch.manual_seed(0)
    linear = diagonal(sigma=1.0)
    x = linear.images(1).repeat(4000, 1, 1, 1)
    found = annealed_importance(linear.model, x, num_chains=1, num_temperatures=5, num_leapfrog=3, decodes=100_000)
    ratio = (found.log_px - linear.log_px(x)).exp()
    assert (ratio.mean() - 1).abs() < 5 * ratio.std() / 4000**0.5
    assert (found.log_px - linear.log_px(x)).mean() < 0


def test_chains_that_are_cut_into_batches_estimate_the_same() -> None:
    linear = LinearVAE()
    x = linear.images(3)
    for pairs in (1, 40):
        torch.manual_seed(0)
        found = annealed_importance(linear.model, x, num_chains=20, num_temperatures=20, num_leapfrog=5, decodes=pairs)
        error = (1 / found.ess - 1 / 20).clamp(min=0).sqrt()
        assert ((found.log_px - linear.log_px(x)).abs() < 5 * error + 1e-3).all()


def test_the_sandwich_closes_around_log_p_x() -> None:
    linear, widths = diagonal(sigma=0.5), []
    for num_temperatures in (3, 100):
        torch.manual_seed(0)
        both = sandwich(linear.model, 40, 10, num_temperatures, 5, decodes=100_000)
        difference = both.upper - both.lower
        error = difference.std() / 40**0.5
        assert difference.mean() > -3 * error
        widths.append(difference.mean())
    assert widths[0] > 10 * widths[1].abs()
    assert widths[1] < 0.1


def test_the_sandwich_s_two_sides_bracket_the_expected_log_p_x_of_simulated_images() -> None:
    torch.manual_seed(0)
    linear = diagonal(sigma=0.5)
    both = sandwich(linear.model, 1000, 4, 20, 5, decodes=100_000)
    truth = -linear.marginal.entropy()
    error = both.lower.std() / 1000**0.5
    assert both.lower.mean() < truth + 4 * error
    assert both.upper.mean() > truth - 4 * error
    assert both.lower.mean() < both.upper.mean()


@pytest.mark.parametrize("prior", ["mixture", "dirichlet"])
def test_other_priors_agree_with_quadrature(prior: str, small_vae: Callable[..., VAE]) -> None:
    parts: dict[str, Any] = {"prior": MixturePrior(2, 3)}
    if prior == "dirichlet":
        parts = {
            "prior": FixedPrior(2, Dirichlet, {"concentration": 1.5}),
            "posterior": partial(LogisticNormalPosterior, latent_dim=2),
        }
    model = small_vae(SGVBA(), **parts).eval().requires_grad_(False)
    x = torch.rand(4, 1, 4, 4).double().round()
    torch.manual_seed(0)
    found = annealed_importance(model, x, num_chains=100, num_temperatures=15, num_leapfrog=5, decodes=100_000)
    error = (1 / found.ess - 1 / 100).clamp(min=0).sqrt()
    assert ((found.log_px - quadrature(model, x).log_px).abs() < 5 * error + 2e-3).all()
