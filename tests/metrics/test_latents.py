"""Information, activity and collapse of the latents."""

from math import log
from typing import Any

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from aevb.metrics.aggregate_posterior import aggregate_posterior
from aevb.metrics.collapse import active_units, collapse_verdict
from aevb.metrics.elbo import estimate as elbo
from tests.models_known_exactly.linear_vae import LinearVAE, diagonal


def constant(mean: float, log_variance: float) -> LinearVAE:
    """An encoder that ignores the image."""
    linear = diagonal()
    head: Any = linear.model.posterior.head
    head.weight.zero_()
    head.bias.copy_(torch.tensor([mean, mean, log_variance, log_variance]))
    return linear


def test_information_and_the_aggregate_s_kl_add_up_to_the_mean_kl() -> None:
    torch.manual_seed(0)
    linear = diagonal()
    x = linear.images(3000)
    found = aggregate_posterior(linear.model, x, 2**24)
    total = found.information + found.kl
    exact = elbo(linear.model, x, 1, 10_000).kl
    assert (total.mean() - exact.mean()).abs() < 5 * (total - exact).std() / 3000**0.5


@pytest.mark.parametrize("num_bytes", [2**14, 2**26])
def test_an_encoder_that_ignores_the_image_has_no_information(num_bytes: float) -> None:
    torch.manual_seed(0)
    linear = constant(0.7, -1.0)
    found = aggregate_posterior(linear.model, linear.images(500), num_bytes)
    q, p = linear.model.posterior_of(linear.images(1)), linear.model.prior()
    assert isinstance(q, Independent)
    assert isinstance(p, Independent)
    assert found.information.abs().max() < 1e-9
    expected = kl_divergence(q.base_dist, p.base_dist).sum().item()
    assert found.kl.mean().item() == pytest.approx(expected, abs=5 * found.kl.std().item() / 500**0.5)


def test_posteriors_that_never_meet_tell_every_image() -> None:
    linear = diagonal()
    head: Any = linear.model.posterior.head
    head.weight.mul_(1000)
    head.weight[2:] = 0
    head.bias[2:] = -20
    found = aggregate_posterior(linear.model, linear.images(200), 2**24)
    assert torch.allclose(found.information, torch.full((200,), log(200)).double())


def test_the_aggregate_of_two_gaussians_has_the_information_of_their_mixture() -> None:
    """H of a mixture of two Gaussians 2m apart, by integration in one dimension."""
    torch.manual_seed(0)
    linear = diagonal(latent_dim=1)
    head: Any = linear.model.posterior.head
    head.weight.zero_()
    head.weight[0, 0] = 1.0
    head.bias.zero_()
    x = torch.zeros(4000, 1, 2, 3).double()
    x[:2000, 0, 0, 0], x[2000:, 0, 0, 0] = 1.0, -1.0
    z = torch.linspace(-9, 9, 20_001).double()
    mixture = (Normal(1.0, 1.0).log_prob(z).exp() + Normal(-1.0, 1.0).log_prob(z).exp()) / 2
    entropy = -(mixture * mixture.log()).sum() * (z[1] - z[0])
    information = aggregate_posterior(linear.model, x, 2**26).information
    expected = (entropy - Normal(0.0, 1.0).entropy()).item()
    assert information.mean().item() == pytest.approx(expected, abs=5 * information.std().item() / 4000**0.5)


def test_active_units_are_those_whose_mean_varies() -> None:
    means = torch.randn(5000, 3).double() * torch.tensor([1.0, 0.05, 0.2]) + 7
    assert active_units(means).tolist() == [True, False, True]


def test_the_verdict_is_in_words() -> None:
    yes, no = torch.tensor([True, True]), torch.tensor([False, False])
    assert collapse_verdict(yes).startswith("Not collapsed: all 2")
    assert collapse_verdict(no).startswith("Collapsed: the posterior ignores the image in all")
    partly = collapse_verdict(torch.tensor([True, False, True]))
    assert partly.startswith("Partly collapsed: 1 of 3")
    assert "(2)" in partly
