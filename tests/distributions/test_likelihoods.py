"""Likelihoods are normalised densities of images, with the shapes that decoders are told."""

from typing import Any

import pytest
import torch
from torch.distributions import Independent

from aevb.distributions import Bernoulli, Gaussian, Likelihood

GAUSSIANS: list[dict[str, Any]] = [
    {"mean": mean, "scale": scale, "sigma": 0.4}
    for mean in ("identity", "sigmoid")
    for scale in ("fixed", "learned", "predicted")
]


@pytest.mark.parametrize("likelihood", [Bernoulli(), *(Gaussian(**options) for options in GAUSSIANS)], ids=repr)
def test_shapes(likelihood: Likelihood) -> None:
    output = torch.randn(3, 5, *likelihood.parameter_shape((2, 4, 6)))
    p = likelihood(output)
    assert p.batch_shape == (3, 5)
    assert p.event_shape == (2, 4, 6)
    assert p.log_prob(torch.rand(5, 2, 4, 6)).shape == (3, 5)


def test_the_bernoulli_sums_to_one_over_all_images() -> None:
    images = torch.tensor([[a, b, c, d] for a in (0, 1) for b in (0, 1) for c in (0, 1) for d in (0, 1)]).double()
    p = Bernoulli()(torch.randn(1, 2, 2).double())
    assert p.log_prob(images.reshape(16, 1, 2, 2)).logsumexp(0).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("size", [1.0, 20.0, 300.0])
def test_the_bernoulli_is_independent_pixels_with_and_without_gradients(size: float) -> None:
    logits = size * torch.randn(4, 3, 1, 5, 5)
    pixels = Independent(torch.distributions.Bernoulli(logits=logits), 3)
    for x in (torch.rand(3, 1, 5, 5).round(), torch.rand(4, 1, 1, 5, 5).round()):
        expected = pixels.log_prob(x)
        assert torch.allclose(Bernoulli()(logits).log_prob(x), expected, rtol=1e-5)
        with torch.no_grad():
            assert torch.allclose(Bernoulli()(logits).log_prob(x), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("options", GAUSSIANS, ids=str)
def test_the_gaussian_integrates_to_one(options: dict[str, Any]) -> None:
    likelihood = Gaussian(**options).double()
    p = likelihood(torch.randn(likelihood.parameter_shape((1, 1, 1))).double())
    x = torch.linspace(-15, 15, 200_001).double()
    assert torch.trapezoid(p.log_prob(x.reshape(-1, 1, 1, 1)).exp(), x).item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("scale", ["learned", "predicted"])
def test_scales_start_at_sigma_and_stay_above_the_minimum(scale: str) -> None:
    likelihood = Gaussian(scale=scale, sigma=0.4, min_sigma=0.05)
    shape = likelihood.parameter_shape((1, 2, 2))
    assert torch.allclose(likelihood(torch.zeros(shape)).stddev, torch.tensor(0.4))
    for parameter in likelihood.parameters():
        parameter.data.fill_(-1e4)
    assert (likelihood(torch.full(shape, -1e4)).stddev >= 0.05).all()


def test_only_a_learned_scale_is_a_parameter() -> None:
    counts = {scale: len(list(Gaussian(scale=scale).parameters())) for scale in ("fixed", "learned", "predicted")}
    assert counts == {"fixed": 0, "learned": 1, "predicted": 0}


@pytest.mark.parametrize(
    ("options", "named"),
    [({"scale": "x"}, "fixed, learned, predicted"), ({"mean": "x"}, "identity, sigmoid"), ({"sigma": 0}, "sigma=0"),
     ({"sigma": 0.005, "scale": "learned"}, "sigma=0.005"), ({"min_sigma": 0}, "min_sigma=0")],
)  # fmt: skip
def test_impossible_options_are_named(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Gaussian(**options)
