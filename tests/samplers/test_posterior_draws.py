"""Draws of p(z|x), and missing pixels, against exact answers and quadrature, in float64."""

from collections.abc import Callable
from functools import partial
from math import nan
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Dirichlet, Distribution, Independent, MultivariateNormal, Normal

from aevb.distributions import Bernoulli, FixedPrior, Gaussian, Likelihood, LogisticNormalPosterior, MixturePrior
from aevb.errors import NotApplicable
from aevb.losses import SGVBA
from aevb.metrics.quadrature import integrate_latents as quadrature
from aevb.models import VAE
from aevb.networks import MLPEncoder
from aevb.samplers import ObservedPixels, Unconstrained, fill_in, posterior_draws
from tests.models_known_exactly.linear_vae import LinearVAE

COPIES = 25  # of an image, each with chains of its own
QUICK = {"num_transitions": 50, "num_leapfrog": 5}


def copied(x: Tensor) -> Tensor:
    """Each image COPIES times, one after another: (N, ...) -> (N·COPIES, ...)."""
    return x.repeat_interleave(COPIES, 0)


def assert_means(values: Tensor, expected: Tensor) -> None:
    """Those of independent copies, (T, C, N·COPIES, ...), are the expected ones, (N, ...), within Monte Carlo error."""
    means = values.mean((0, 1)).unflatten(0, (-1, COPIES))
    error = means.std(1) / COPIES**0.5
    assert ((means.mean(1) - expected).abs() < 5 * error + 1e-9).all()
    assert (error < 0.2 * expected.abs().clamp(min=1)).all()  # so that a wrong answer would be seen


def some(observed: str) -> Tensor:
    """Which of 2×3 pixels are observed, (1, 2, 3)."""
    return {
        "all": torch.ones(1, 2, 3),
        "none": torch.zeros(1, 2, 3),
        "one": torch.tensor([[[0.0, 1, 0], [0, 0, 0]]]),
        "a row": torch.tensor([[[1.0, 1, 1], [0, 0, 0]]]),
    }[observed].bool()


def given(linear: LinearVAE, x: Tensor, observed: Tensor) -> MultivariateNormal:
    """p(z|x_o) of a linear model."""
    seen = observed.flatten()
    weight, bias = linear.weight[seen], linear.bias[seen]
    precision = torch.eye(linear.weight.shape[1]).double() + weight.T @ weight / linear.sigma**2
    covariance = torch.linalg.inv(precision)
    mean = (x.flatten(1)[:, seen] - bias) @ weight @ covariance / linear.sigma**2
    return MultivariateNormal(mean, covariance.expand(len(x), -1, -1))


@pytest.mark.parametrize("observed", ["all", "none", "one", "a row"])
def test_a_linear_model_s_missing_pixels_are_inferred_exactly(observed: str) -> None:
    torch.manual_seed(0)
    linear, mask = LinearVAE(sigma=0.3), some(observed)
    x = linear.images(3)
    model, exact = linear.model, given(linear, x, mask)
    filled = fill_in(copied(x), mask, model.prior(), model.likelihood_of, **QUICK)
    assert_means(filled.z, exact.mean)
    centred = filled.z - exact.mean.repeat_interleave(COPIES, 0)
    assert_means(centred.unsqueeze(-1) * centred.unsqueeze(-2), exact.covariance_matrix)
    expected = torch.where(mask, x, (exact.mean @ linear.weight.T + linear.bias).reshape_as(x))
    assert_means(filled.mean[None, None], expected)
    assert_means(filled.samples[None], expected)
    assert 0.5 < filled.acceptance.mean() < 0.85  # adapted to 0.65


def test_with_all_pixels_it_is_the_posterior_and_with_none_the_prior() -> None:
    linear = LinearVAE(sigma=0.3)
    x, prior = linear.images(3), linear.model.prior()
    assert torch.allclose(given(linear, x, some("all")).mean, linear.posterior(x).mean)
    joint = Unconstrained(x, prior, lambda z: ObservedPixels(linear.model.likelihood_of(z), some("all")))
    z = torch.randn(5, 3, 2).double()
    assert torch.allclose(joint.log_likelihood(z), linear.model.likelihood_of(z).log_prob(x))
    joint = Unconstrained(x, prior, lambda z: ObservedPixels(linear.model.likelihood_of(z), some("none")))
    assert torch.equal(joint.log_likelihood(z), torch.zeros(5, 3).double())


LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Bernoulli(),
    "gaussian": Gaussian(sigma=0.5),
    "learned": Gaussian(scale="learned", sigma=0.6),
    "predicted": Gaussian(mean="sigmoid", scale="predicted", sigma=0.5),
}


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_likelihood_of_some_pixels_is_that_of_an_image_that_ends_there(name: str) -> None:
    likelihood = LIKELIHOODS[name].double()
    output = torch.randn(5, 3, *likelihood.parameter_shape((2, 4, 4))).double()
    x = torch.rand(3, 2, 4, 4).double().round()
    top = torch.tensor([True, True, False, False]).reshape(4, 1)
    alone = likelihood(output[..., :2, :]).log_prob(x[..., :2, :])
    assert torch.allclose(ObservedPixels(likelihood(output), top).log_prob(x), alone)


@pytest.mark.parametrize(("likelihood", "prior"), [("bernoulli", "mixture"), ("predicted", "dirichlet")])
def test_two_latents_agree_with_quadrature(likelihood: str, prior: str, small_vae: Callable[..., VAE]) -> None:
    """Given the top half of an image, z is distributed as in a model of the top half alone."""
    parts: Any = {
        "mixture": {"prior": MixturePrior(2, 3)},
        "dirichlet": {
            "prior": FixedPrior(2, Dirichlet, {"concentration": 1.5}),
            "posterior": partial(LogisticNormalPosterior, latent_dim=2),
        },
    }[prior]
    parts["likelihood"] = LIKELIHOODS[likelihood]
    model = small_vae(SGVBA(), **parts).eval().requires_grad_(False)
    wide: Any = model.decoder
    wide.pixels.weight *= 5
    half = small_vae(SGVBA(), **parts, encoder=MLPEncoder((1, 2, 4), [8])).eval().requires_grad_(False)
    narrow: Any = half.decoder
    narrow.load_state_dict({**wide.state_dict(), **narrow.pixels.state_dict(prefix="pixels.")})
    for name in ("weight", "bias"):
        rows = getattr(wide.pixels, name).unflatten(0, (-1, 1, 4, 4))[:, :, :2].flatten(0, 3)
        getattr(narrow.pixels, name).copy_(rows)
    torch.manual_seed(0)
    x = torch.rand(2, 1, 4, 4).double().round()
    observed = torch.tensor([True, True, False, False]).reshape(4, 1).expand(4, 4)
    exact = quadrature(half, x[:, :, :2], tolerance=0.01)
    with torch.no_grad():
        joint = Unconstrained(x, model.prior(), model.likelihood_of)
        filled = fill_in(copied(x), observed, model.prior(), model.likelihood_of, **QUICK)
        u = joint.u(filled.z)
    assert_means(u, exact.mean)
    assert_means(u.square(), exact.mean.square() + exact.std.square())


class TwoModes:
    """z ~ N(½, 1), x ~ N(z², 0.1²): both of z ≈ ±√x are likely, and a chain does not cross from one to the other."""

    prior = Independent(Normal(torch.tensor([0.5]).double(), 1.0), 1)

    @staticmethod
    def decode(z: Tensor) -> Distribution:
        return Independent(Normal(z.square()[..., None, None], 0.1), 3)


def test_each_mode_has_its_share_of_the_chains() -> None:
    torch.manual_seed(0)
    x = torch.full((1, 1, 1, 1), 4.0).double()
    joint = Unconstrained(copied(x), TwoModes.prior, TwoModes.decode)
    z = posterior_draws(joint, **QUICK).z
    grid = torch.linspace(-4, 4, 80_001).double().reshape(-1, 1, 1)
    density = (TwoModes.prior.log_prob(grid) + TwoModes.decode(grid).log_prob(x)).softmax(0).flatten()
    share = density[grid.flatten() > 0].sum()
    assert 0.85 < share < 0.9  # 0.69 of the draws of the prior are positive
    assert_means((z > 0).double(), share.reshape(1, 1))
    positive = (z > 0).squeeze(-1)
    assert (positive == positive[0]).all()  # the modes are apart


def test_what_stands_at_missing_pixels_has_no_effect_and_observed_pixels_stay() -> None:
    linear, mask = LinearVAE(sigma=0.3), some("a row")
    x = linear.images(3)
    results = []
    for value in (0.0, 1e6, nan):
        torch.manual_seed(0)
        images = torch.where(mask, x, value)
        results.append(fill_in(images, mask, linear.model.prior(), linear.model.likelihood_of, num_transitions=4))
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True))
    for filled in (results[0].mean, *results[0].samples):
        assert torch.equal(filled[..., :1, :], x[..., :1, :])
        assert not torch.equal(filled[..., 1:, :], x[..., 1:, :])


def test_the_shapes_are_those_of_images_chains_and_transitions() -> None:
    linear = LinearVAE(latent_dim=3)
    x = linear.images(1500)  # more than are decoded at once
    filled = fill_in(x, x > 0, linear.model.prior(), linear.model.likelihood_of, num_chains=5, num_transitions=7)
    assert filled.mean.shape == x.shape
    assert filled.samples.shape == (5, *x.shape)
    assert filled.z.shape == (4, 5, 1500, 3)
    assert filled.acceptance.shape == (1500,)
    assert torch.equal(filled.mean[x > 0], x[x > 0])


def test_what_is_no_product_over_pixels_is_refused() -> None:
    joint = MultivariateNormal(torch.zeros(6), torch.eye(6))
    with pytest.raises(NotApplicable, match="product over pixels"):
        ObservedPixels(joint, torch.ones(6).bool())
    with pytest.raises(NotApplicable, match="product over pixels"):
        ObservedPixels(Independent(MultivariateNormal(torch.zeros(2, 3, 6), torch.eye(6)), 2), torch.ones(6).bool())


def test_a_mask_of_numbers_is_refused() -> None:
    linear = LinearVAE()
    with pytest.raises(ValueError, match="expected bool"):
        fill_in(linear.images(1), torch.ones(2, 3), linear.model.prior(), linear.model.likelihood_of)
