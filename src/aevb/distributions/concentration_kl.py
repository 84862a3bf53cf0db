"""The closed forms between families with concentrations, where torch's are differences of large numbers."""

import torch
from torch import Tensor
from torch.distributions import Beta, Dirichlet, Gamma, Normal, register_kl

from aevb.distributions.families.half_line import AccurateGamma
from aevb.distributions.families.open_interval import AccurateBeta
from aevb.distributions.families.simplex import AccurateDirichlet, dirichlet_kl
from aevb.distributions.families.stirling import HALF_LOG_2_PI, digamma_remainder, stirling_remainder


def kl_of_gammas(q: AccurateGamma, p: Gamma) -> Tensor:
    """KL(Gamma(a, r) ‖ Gamma(c, s)) in nats.

    With m = a s / r, ρ(a) = ψ(a) - log a and the remainder σ of Stirling's formula, it is
    m - c log m + log Γ(c) + ½ log a - σ(a) + (a - c) ρ(a) - ½ log 2π.
    """
    a, c, m = q.concentration, p.concentration, q.concentration * (p.rate / q.rate)
    of_a = a.log() / 2 - stirling_remainder(a) + (a - c) * digamma_remainder(a) - HALF_LOG_2_PI
    return m - c * m.log() + c.lgamma() + of_a


def kl_to_normal(q: AccurateGamma, p: Normal) -> Tensor:
    """KL(Gamma(a, r) ‖ N(μ, s²)) = ½ log 2π + log s + [(m - μ)² + m/r] / 2s² - H(q) in nats, m = a/r."""
    m = q.concentration / q.rate
    error = ((m - p.loc) / p.scale).square() + m / (q.rate * p.scale.square())
    return HALF_LOG_2_PI + p.scale.log() + error / 2 - q.entropy()


def kl_of_betas(q: AccurateBeta, p: Beta) -> Tensor:
    """That of Dirichlets with two concentrations."""
    return dirichlet_kl(q.concentrations, torch.stack([p.concentration1, p.concentration0], -1))


def kl_of_dirichlets(q: AccurateDirichlet, p: Dirichlet) -> Tensor:
    """See `dirichlet_kl`."""
    return dirichlet_kl(q.concentration, p.concentration)


register_kl(AccurateGamma, Gamma)(kl_of_gammas)
register_kl(AccurateGamma, Normal)(kl_to_normal)
register_kl(AccurateBeta, Beta)(kl_of_betas)
register_kl(AccurateDirichlet, Dirichlet)(kl_of_dirichlets)
