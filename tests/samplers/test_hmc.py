"""Hamiltonian Monte Carlo leaves its density as it is, in float64."""

from collections.abc import Callable
from math import inf, nan

import pytest
import torch
from torch import Tensor
from torch.distributions import Gamma, Independent, MultivariateNormal, Normal

from aevb.samplers import Unconstrained, adapted, hmc_transition
from tests.models_known_exactly.linear_gaussian import LinearGaussian

CHAINS = 20_000


def standard_normal(u: Tensor) -> Tensor:
    return -u.square().sum(-1) / 2


def after_transitions(log_density: Callable[[Tensor], Tensor], u: Tensor, step_size: float) -> Tensor:
    """Where chains from u end, after steps so large that many proposals are rejected, as they should be."""
    for _ in range(5):
        u, acceptance = hmc_transition(log_density, u, torch.tensor(step_size), 5)
        assert 0.4 < acceptance.mean() < 0.95
    return u


def assert_means(draws: Tensor, expected: Tensor) -> None:
    error = draws.std(0) / len(draws) ** 0.5
    assert ((draws.mean(0) - expected).abs() < 5 * error).all()


def test_a_correlated_gaussian_stays() -> None:
    torch.manual_seed(0)
    covariance = torch.tensor([[1.0, 0.8], [0.8, 1.5]]).double()
    density = MultivariateNormal(torch.tensor([1.0, -2.0]).double(), covariance)
    u = after_transitions(density.log_prob, density.sample((CHAINS,)), 0.9)
    centred = u - density.mean
    assert_means(centred, torch.zeros(2).double())
    assert_means(centred.unsqueeze(-1) * centred.unsqueeze(-2), covariance)


def test_a_banana_stays() -> None:
    torch.manual_seed(0)

    def log_density(u: Tensor) -> Tensor:
        first, second = u.unbind(-1)
        return Normal(0.0, 1.0).log_prob(first) + Normal(first.square(), 0.5).log_prob(second)

    start = torch.randn(CHAINS, dtype=torch.float64)
    start = torch.stack([start, start.square() + 0.5 * torch.randn(CHAINS, dtype=torch.float64)], -1)
    first, second = after_transitions(log_density, start, 0.35).unbind(-1)
    rest = second - first.square()  # N(0, 0.25), and independent of the first
    moments = torch.stack([first, first**2, first**4, rest, rest**2, first * rest, first**2 * rest**2], -1)
    assert_means(moments, torch.tensor([0, 1, 3, 0, 0.25, 0, 0.25]).double())


def test_a_gamma_stays_through_its_unconstrained_coordinates() -> None:
    torch.manual_seed(0)
    concentration, rate = torch.tensor([0.7, 4.0]).double(), torch.tensor([1.0, 2.0]).double()
    prior = Independent(Gamma(concentration, rate), 1)
    joint = Unconstrained(LinearGaussian().x, prior, LinearGaussian().decode)
    u = after_transitions(joint.log_prior, joint.u(prior.sample((CHAINS,))), 0.65)
    z = joint.z(u)
    assert_means(z, concentration / rate)
    assert_means(z.square(), concentration * (concentration + 1) / rate**2)
    assert_means(u, concentration.digamma() - rate.log())


def test_a_chain_finds_the_density_from_far_away() -> None:
    torch.manual_seed(0)
    u = torch.full((CHAINS, 2), 8.0).double()
    for _ in range(30):
        u, _ = hmc_transition(standard_normal, u, torch.tensor(0.3), 5)
    assert_means(u, torch.zeros(2).double())
    assert_means(u.square(), torch.ones(2).double())


def test_small_steps_are_always_accepted() -> None:
    torch.manual_seed(0)
    u = torch.randn(1000, 2, dtype=torch.float64)
    rejection = [
        1 - hmc_transition(standard_normal, u, torch.tensor(step), 5)[1].mean().item() for step in (1.6, 0.4, 0.1, 1e-3)
    ]
    assert rejection == sorted(rejection, reverse=True)
    assert rejection[0] > 0.05
    assert rejection[-1] < 1e-6


@pytest.mark.parametrize("bad", [nan, -inf, inf])
def test_a_proposal_without_a_finite_density_is_rejected(bad: float) -> None:
    torch.manual_seed(0)

    def log_density(u: Tensor) -> Tensor:
        return torch.where(u[..., 0] > 0, bad, standard_normal(u))

    u = -torch.rand(1000, 2, dtype=torch.float64)
    after, acceptance = hmc_transition(log_density, u, torch.tensor(0.3), 5)
    assert (after[..., 0] <= 0).all()
    assert ((acceptance >= 0) & (acceptance <= 1)).all()
    stayed = (after == u).all(-1)
    assert 0.2 < stayed.double().mean() < 0.9
    assert (acceptance == 0).any()


def test_a_proposal_outside_of_the_support_s_numbers_is_rejected() -> None:
    """Steps that are far too large end at z = ∞ or NaN; arguments are not validated, as in training."""
    torch.manual_seed(0)
    prior = Independent(Gamma(torch.tensor([0.7]).double(), torch.ones(1).double(), validate_args=False), 1)
    joint = Unconstrained(LinearGaussian().x, prior, LinearGaussian().decode)
    u = joint.u(prior.sample((1000,)))
    after, acceptance = hmc_transition(joint.log_prior, u, torch.tensor(50.0), 10)
    assert after.isfinite().all()
    assert ((acceptance >= 0) & (acceptance <= 1)).all()
    assert acceptance.mean() < 0.01


def test_each_image_may_have_its_own_step_size() -> None:
    u = torch.randn(50, 3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def transition(step_size: Tensor) -> tuple[Tensor, Tensor]:
        return hmc_transition(standard_normal, u, step_size, 5, torch.Generator().manual_seed(1))

    after, acceptance = transition(torch.tensor([0.0, 0.4, 100.0]).double())
    assert after.shape == (50, 3, 2)
    assert acceptance.shape == (50, 3)
    assert torch.equal(after[:, 0], u[:, 0])
    assert torch.equal(after[:, 2], u[:, 2])
    assert torch.equal(acceptance[:, 0], torch.ones(50).double())
    assert torch.equal(acceptance[:, 2], torch.zeros(50).double())
    everywhere, _ = transition(torch.tensor(0.4).double())
    assert torch.equal(after[:, 1], everywhere[:, 1])


def test_a_generator_makes_a_transition_repeatable_and_leaves_the_global_one_alone() -> None:
    u = torch.randn(50, 2, dtype=torch.float64)
    before = torch.get_rng_state()
    a, b = (hmc_transition(standard_normal, u, torch.tensor(0.4), 5, torch.Generator().manual_seed(1)) for _ in "ab")
    assert torch.equal(a[0], b[0])
    assert torch.equal(before, torch.get_rng_state())
    assert not a[0].requires_grad


def test_the_step_size_follows_the_acceptance() -> None:
    step = torch.tensor(0.1).double()
    assert adapted(step, torch.full((5, 3), 0.95), 0.9) > step
    assert adapted(step, torch.full((5, 3), 0.85), 0.9) < step
    assert adapted(step, torch.full((5, 3), 0.85), 0.9).shape == ()
    up_and_down = adapted(adapted(step, torch.ones(5), 0.9), torch.zeros(5), 0.9)
    assert up_and_down.item() == pytest.approx(0.1)


@pytest.mark.parametrize("leading", [(), (5,), (2, 5)])
def test_each_step_size_follows_its_own_acceptance(leading: tuple[int, ...]) -> None:
    steps = torch.tensor([0.1, 0.1, 0.2]).double()
    acceptance = torch.tensor([1.0, 0.0, 1.0]).double().expand(*leading, 3)
    assert ((adapted(steps, acceptance, 0.9) > steps) == torch.tensor([True, False, True])).all()


def test_adaptation_reaches_the_target() -> None:
    torch.manual_seed(0)
    u, step = torch.randn(500, 2, dtype=torch.float64), torch.tensor(1e-2)
    acceptances = []
    for _ in range(200):
        u, acceptance = hmc_transition(standard_normal, u, step, 3)
        step = adapted(step, acceptance, 0.9)
        acceptances.append(acceptance.mean())
    assert torch.stack(acceptances)[-50:].mean().item() == pytest.approx(0.9, abs=0.03)
