"""Hamiltonian Monte Carlo."""

from collections.abc import Callable

import torch
from torch import Tensor

LogDensity = Callable[[Tensor], Tensor]
TARGET_ACCEPTANCE = 0.65  # the best for Hamiltonian Monte Carlo in high dimensions (Neal 2011, section 5.4.4)


def hmc_transition(
    log_density: LogDensity,
    u: Tensor,
    step_size: Tensor,
    num_leapfrog: int,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """One transition that leaves the density exp(log_density) invariant: the new states, and how likely they were.

    Momenta r ~ N(0, I), `num_leapfrog` leapfrog steps on H(u, r) = -log_density(u) + ½‖r‖², and a Metropolis test
    (Neal 2011, section 5.3). A proposal with a density that is not finite is rejected. ε is multiplied by a draw from
    U(0.5, 1.5) for each chain, so that no trajectory ends where it began (section 5.4.2.2).

    log_density: (..., B, D) -> (..., B), differentiable by its argument. u: (..., B, D).
    step_size: ε, broadcast against (..., B). Returns u' (..., B, D) and min(1, exp(-ΔH)), (..., B).
    """
    jitter = 0.5 + torch.rand(u.shape[:-1], dtype=u.dtype, device=u.device, generator=generator)
    epsilon = (step_size * jitter).unsqueeze(-1)  # (..., B, 1)
    momentum = torch.randn(u.shape, dtype=u.dtype, device=u.device, generator=generator)
    value, slope = _with_slope(log_density, u)
    start = value - momentum.square().sum(-1) / 2  # -H
    proposal = u
    new_value = value
    for _ in range(num_leapfrog):
        momentum = momentum + epsilon / 2 * slope
        proposal = proposal + epsilon * momentum
        new_value, slope = _with_slope(log_density, proposal)
        momentum = momentum + epsilon / 2 * slope
    end = new_value - momentum.square().sum(-1) / 2
    acceptance = torch.where(end.isfinite(), (end - start).exp().clamp(max=1), 0.0)  # (..., B)
    chance = torch.rand(acceptance.shape, dtype=u.dtype, device=u.device, generator=generator)
    return torch.where((chance < acceptance).unsqueeze(-1), proposal, u), acceptance


def adapted(step_size: Tensor, acceptance: Tensor, target: float, rate: float = 0.05) -> Tensor:
    """ε a little larger where proposals were accepted more often than `target`, a little smaller where less often.

    acceptance: (..., B), averaged over all but the last dimension, or over all for a single ε.
    """
    mean = acceptance.mean() if step_size.ndim == 0 else acceptance.reshape(-1, acceptance.shape[-1]).mean(0)
    return step_size * torch.where(mean > target, 1 + rate, 1 / (1 + rate))


def _with_slope(log_density: LogDensity, u: Tensor) -> tuple[Tensor, Tensor]:
    with torch.enable_grad():
        leaf = u.detach().requires_grad_()
        value = log_density(leaf)
        (slope,) = torch.autograd.grad(value.sum(), leaf)
    return value.detach(), slope
