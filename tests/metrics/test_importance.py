"""Importance sampling and the ELBO against the exact answers of a linear-Gaussian model, in float64."""

import pytest
import torch
from torch import Tensor

from aevb.evaluate.result import log_density_result
from aevb.metrics.batching import max_decodes
from aevb.metrics.elbo import estimate as elbo
from aevb.metrics.estimate import mean_over_images
from aevb.metrics.importance import importance_estimates
from tests.models_known_exactly.linear_vae import LinearVAE, diagonal

KS = [1, 10, 100, 1000]


def test_the_exact_posterior_gives_log_p_x_from_every_sample() -> None:
    linear = LinearVAE().make_exact()
    x = linear.images(20)
    ladder = importance_estimates(linear.model, x, KS, decodes=300)
    for k in KS:
        assert torch.allclose(ladder.log_px[k], linear.log_px(x), atol=1e-9)
    assert torch.allclose(ladder.ess, torch.full((20,), 1000.0).double())


@pytest.mark.parametrize("make", [LinearVAE, diagonal])
def test_the_ladder_climbs_to_log_p_x(make: type[LinearVAE]) -> None:
    torch.manual_seed(0)
    linear = make(sigma=1.5)
    x = linear.images(5).repeat(400, 1, 1, 1)
    ladder = importance_estimates(linear.model, x, [1, 4, 16, 64, 256], decodes=100_000)
    exact = linear.log_px(x)
    gaps = torch.stack([(exact - values).unflatten(0, (400, 5)).mean(1) for values in ladder.log_px.values()])
    means, errors = gaps.mean(1), gaps.std(1) / 20
    assert (means[:-1] - means[1:] > -5 * (errors[:-1] ** 2 + errors[1:] ** 2).sqrt()).all()
    assert means[0] > 10 * means[-1] > -50 * errors[-1]


def test_the_first_rung_is_the_elbo() -> None:
    torch.manual_seed(0)
    linear = diagonal()
    x = linear.images(3).repeat(3000, 1, 1, 1)
    first = importance_estimates(linear.model, x, [1], decodes=100_000).log_px[1].unflatten(0, (3000, 3))
    exact = linear.elbo(x[:3], linear.model.posterior_of(x[:3]))
    assert ((first.mean(0) - exact).abs() < 5 * first.std(0) / 3000**0.5).all()


@pytest.mark.parametrize("make", [LinearVAE, diagonal])
def test_the_elbo_is_exact_but_for_the_samples(make: type[LinearVAE]) -> None:
    torch.manual_seed(0)
    linear = make()
    x = linear.images(6)
    terms = elbo(linear.model, x, 20_000, decodes=9000)
    exact = linear.elbo(x, linear.model.posterior_of(x))
    noise = torch.stack([elbo(linear.model, x, 100, decodes=9000).elbo for _ in range(30)]).std(0) / 200**0.5
    assert ((terms.elbo - exact).abs() < 5 * noise).all()
    assert torch.allclose(terms.elbo, -(terms.reconstruction + terms.kl))


@pytest.mark.parametrize("pairs", [1, 7, 100])
@pytest.mark.parametrize("images", [1, 12])
def test_no_more_is_decoded_at_once_than_fits(pairs: int, images: int) -> None:
    linear = LinearVAE()
    sizes: list[int] = []
    linear.model.decoder.register_forward_hook(lambda _, inputs, __: sizes.append(inputs[0][..., 0].numel()))
    importance_estimates(linear.model, linear.images(images), [3, 50], pairs)
    elbo(linear.model, linear.images(images), 50, pairs)
    assert max(sizes) <= pairs
    assert sum(sizes) == 2 * 50 * images


def test_what_fits_follows_from_the_sizes() -> None:
    small, large = LinearVAE().model, LinearVAE(image_shape=(1, 20, 20)).model
    assert max_decodes(small, 2, 2**20) > 20 * max_decodes(large, 2, 2**20)
    assert max_decodes(small, 2, 2**21) == pytest.approx(2 * max_decodes(small, 2, 2**20), abs=1)
    assert max_decodes(large, 2, 1) == 1


def coverage(intervals: list[tuple[float, float]], truth: float | list[float]) -> float:
    """How often value ± 1.96 errors holds the truth."""
    truths = truth if isinstance(truth, list) else [truth] * len(intervals)
    inside = [abs(value - t) < 1.96 * error for (value, error), t in zip(intervals, truths, strict=True)]
    return sum(inside) / len(inside)


def test_standard_errors_over_images_cover_the_expectation_over_all_images() -> None:
    torch.manual_seed(0)
    linear = LinearVAE().make_exact(widen=1.2)
    truth = -linear.marginal.entropy().item()  # E[log p(x)] over images x of the model
    likelihood, bound = [], []
    for seed in range(400):
        x = linear.images(100, seed)
        ladder = importance_estimates(linear.model, x, [200], decodes=100_000)
        found = log_density_result("log_px", ladder.log_px[200], linear.model.image_shape, 200, ess=ladder.ess)
        likelihood.append((found.value, found.standard_error or 0))
        estimate = mean_over_images(elbo(linear.model, x, 20, decodes=100_000).elbo, "nats")
        bound.append((estimate.value, estimate.standard_error or 0))
    assert 0.9 <= coverage(likelihood, truth) <= 0.99
    difference = (linear.log_px(x) - linear.elbo(x, linear.model.posterior_of(x))).mean().item()  # the same for all x
    assert 0.9 <= coverage(bound, truth - difference) <= 0.99


def test_monte_carlo_errors_cover_log_p_x_of_given_images() -> None:
    torch.manual_seed(0)
    linear = LinearVAE().make_exact(widen=1.5)
    x = linear.images(10)
    truth = linear.log_px(x).mean().item()

    def interval() -> tuple[float, float]:
        ladder = importance_estimates(linear.model, x, [500], decodes=100_000)
        found = log_density_result("log_px", ladder.log_px[500], linear.model.image_shape, 500, ess=ladder.ess)
        return found.value, found.monte_carlo_error or 0

    assert 0.9 <= coverage([interval() for _ in range(500)], truth) <= 0.99


def test_bits_are_nats_for_each_pixel_over_log_2() -> None:
    values: Tensor = torch.tensor([-100.0, -200.0])
    found = log_density_result("log_px", values, (1, 10, 10), 1)
    assert found.bits_per_dimension == pytest.approx(150 / 100 / 0.6931471805599453)
