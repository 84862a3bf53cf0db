"""Each reconstruction loss equals the log-likelihood that its docstring names."""

from math import log, pi

import pytest
import torch
from torch.distributions import Bernoulli, Normal

from aevb.losses import BCE, MSE, RMSE

SHAPE = (5, 2, 3, 4)
PIXELS = 24


@pytest.mark.parametrize("output", ["identity", "sigmoid"])
def test_mse_is_a_gaussian_of_variance_one_half_less_its_constant(output: str) -> None:
    x, prediction = torch.rand(SHAPE).double(), torch.randn(SHAPE).double()
    mean = prediction if output == "identity" else torch.sigmoid(prediction)
    log_likelihood = Normal(mean, 0.5**0.5).log_prob(x).flatten(1).sum(1)
    assert torch.allclose(MSE(output)(prediction, x), -log_likelihood - PIXELS / 2 * log(pi))


@pytest.mark.parametrize("output", ["identity", "sigmoid"])
def test_rmse_is_the_root_of_the_mean_over_pixels(output: str) -> None:
    x, prediction = torch.rand(SHAPE).double(), torch.randn(SHAPE).double()
    assert torch.allclose(RMSE(output)(prediction, x), (MSE(output)(prediction, x) / PIXELS).sqrt())


def test_rmse_has_a_finite_gradient_where_nothing_is_wrong() -> None:
    prediction = torch.zeros(SHAPE, requires_grad=True)
    RMSE()(prediction, torch.zeros(SHAPE)).sum().backward()
    assert torch.equal(torch.as_tensor(prediction.grad), torch.zeros(SHAPE))


def test_bce_is_a_bernoulli_with_nothing_left_out() -> None:
    x, logits = torch.rand(SHAPE).double().round(), torch.randn(SHAPE).double()
    assert torch.allclose(BCE()(logits, x), -Bernoulli(logits=logits).log_prob(x).flatten(1).sum(1))


def test_bce_stays_finite_for_extreme_logits() -> None:
    logits = torch.tensor([[[[-1000.0, 1000.0]]]], requires_grad=True)
    loss = BCE()(logits, torch.tensor([[[[1.0, 0.0]]]]))
    loss.sum().backward()
    assert loss.item() == 2000
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_an_unknown_output_names_the_choices() -> None:
    with pytest.raises(ValueError, match="identity, sigmoid"):
        MSE("relu")
