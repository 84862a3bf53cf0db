"""Draws of p(z|x), by Hamiltonian Monte Carlo."""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from aevb.checks import whole_number
from aevb.samplers.hmc import TARGET_ACCEPTANCE, adapted, hmc_transition
from aevb.samplers.unconstrained import Unconstrained

RATE = 0.1  # at which step sizes change in the burn-in, where the density narrows quickly


class PosteriorDraws(NamedTuple):
    """z: the states of C chains after each of T transitions past the burn-in, (T, C, B, D).

    acceptance: of the proposals in these transitions, for each image, (B,).
    """

    z: Tensor
    acceptance: Tensor


@torch.no_grad()
def posterior_draws(
    joint: Unconstrained, num_chains: int = 16, num_transitions: int = 100, num_leapfrog: int = 10
) -> PosteriorDraws:
    """z ~ p(z|x) for each image x of the joint density, without an encoder.

    Chains start at draws of p(z), and the first half of their transitions is the burn-in. Within it the density is
    p(z) p(x|z)^β with β growing from 0 to 1, before each transition the chains are drawn anew in proportion to
    p(x|z)^Δβ (sequential Monte Carlo; Del Moral, Doucet & Jasra 2006), and the step size of each image is adapted. So
    where p(z|x) has several modes, which the transitions alone would hardly leave, each gets its share of the chains.
    Then β = 1 and the step sizes are fixed, so that every transition leaves p(z|x) as it is.

    num_chains: C. num_transitions: 2T. num_leapfrog: steps of a transition; each costs num_leapfrog + 1 gradients.
    """
    whole_number("num_chains", num_chains)
    half = whole_number("num_transitions", num_transitions, at_least=2) // 2
    whole_number("num_leapfrog", num_leapfrog)
    u = joint.draws_of_prior(num_chains)
    step = torch.full((len(joint.x),), 0.5, dtype=u.dtype, device=u.device)
    for before, beta in pairwise(_rising(half)):
        u = _drawn_anew(u, (beta - before) * joint.log_likelihood(u))
        u, acceptance = hmc_transition(joint.tempered(beta), u, step, num_leapfrog)
        step = adapted(step, acceptance, TARGET_ACCEPTANCE, RATE)
    states, accepted = [], []
    for _ in range(num_transitions - half):
        u, acceptance = hmc_transition(joint.tempered(1.0), u, step, num_leapfrog)
        states.append(joint.z(u))
        accepted.append(acceptance.mean(0))
    return PosteriorDraws(torch.stack(states), torch.stack(accepted).mean(0))


def _rising(n: int) -> list[float]:
    """0 = β₀ < … < βₙ = 1. Steps grow with β² : p(x|z) varies by the more nats between chains the smaller β is."""
    return [(i / n) ** 3 for i in range(n + 1)]


def _drawn_anew(u: Tensor, log_w: Tensor) -> Tensor:
    """C chains drawn from the chains u (C, B, D), in proportion to their weights (C, B), in any order.

    Systematic resampling: a chain with the weight w is drawn ⌊Cw⌋ or ⌈Cw⌉ times, and each once for equal weights.
    """
    num_chains, num_images = log_w.shape
    bounds = log_w.softmax(0).cumsum(0).T.contiguous()  # (B, C)
    offset = torch.rand(num_images, 1, dtype=u.dtype, device=u.device)
    points = (torch.arange(num_chains, device=u.device) + offset) / num_chains  # (B, C)
    chosen = torch.searchsorted(bounds, points).clamp(max=num_chains - 1).T  # (C, B)
    shuffled = chosen[torch.randperm(num_chains, device=u.device)]
    return u.gather(0, shuffled.unsqueeze(-1).expand_as(u))
