"""torch's families on the simplex, with density zero elsewhere.

Samples are never rounded to its edges, where densities may be infinite, and log densities are not differences of large
numbers.
"""

from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import Dirichlet as TorchDirichlet
from torch.distributions import LogisticNormal as TorchLogisticNormal
from torch.nn.functional import logsigmoid, pad

from aevb.distributions.bounded import between_zero_and_one
from aevb.distributions.families.stirling import (
    HALF_LOG_2_PI,
    digamma_remainder,
    log_minus_linear,
    stirling_remainder,
)
from aevb.distributions.families.zero_outside import ZeroOutside

FARTHEST = 30.0  # y where z, a product of terms like exp(-|y|), is still a single-precision number


class OnSimplex(ZeroOutside):
    """z > 0, Σⱼ zⱼ = 1 but for the rounding of many numbers, for which torch's constraint leaves little room.

    The density is zero on the edges, too.
    """

    def is_inside(self, value: Tensor) -> Tensor:
        rounding = torch.finfo(value.dtype).eps ** 0.5
        inside: Tensor = (value > 0).all(-1) & ((value.sum(-1) - 1).abs() < rounding)
        return inside | value.isnan().any(-1)

    def point_inside(self, value: Tensor) -> Tensor:
        return torch.full_like(value, 1 / value.shape[-1])


class AccurateDirichlet(TorchDirichlet):
    """torch's Dirichlet; samples lie in the open simplex."""

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return between_zero_and_one(super().rsample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        return dirichlet_log_density(self.concentration, value)

    def entropy(self) -> Tensor:
        flat = torch.ones_like(self.concentration)  # with log density log Γ(D)
        return -dirichlet_kl(self.concentration, flat) - flat.sum(-1).lgamma()


class Dirichlet(OnSimplex, AccurateDirichlet):
    """torch's Dirichlet, with density zero outside the simplex."""


class AccurateLogisticNormal(TorchLogisticNormal):
    """torch's LogisticNormal: the stick-breaking transform of normal numbers y; samples lie in the open simplex.

    zⱼ = vⱼ Π_{k<j} (1 - v_k), vⱼ = σ(yⱼ - log(D - j)). Its inverse, yⱼ = log zⱼ - log Σ_{k>j} z_k + log(D - j), adds
    what is left, and does not take from 1 what is not.
    """

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return self._broken(self.base_dist.rsample(Size(sample_shape)))

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        with torch.no_grad():
            return self._broken(self.base_dist.sample(Size(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        left = value.flip(-1).cumsum(-1).flip(-1)[..., 1:]
        y = value[..., :-1].log() - left.log() + self._log_pieces(value)
        log_q: Tensor = self.base_dist.log_prob(y)
        return log_q - value.log().sum(-1)

    def _broken(self, y: Tensor) -> Tensor:
        logits = y.clamp(-FARTHEST, FARTHEST) - self._log_pieces(y)
        left = logsigmoid(-logits).cumsum(-1)
        return between_zero_and_one((pad(logsigmoid(logits), (0, 1)) + pad(left, (1, 0))).exp())

    def _log_pieces(self, like: Tensor) -> Tensor:
        """log(D - j), j = 1, …, D - 1: how many pieces the rest of the stick is broken into."""
        return torch.arange(self.event_shape[0] - 1, 0, -1, dtype=like.dtype, device=like.device).log()


class LogisticNormal(OnSimplex, AccurateLogisticNormal):
    """torch's LogisticNormal, with density zero outside the simplex."""


def dirichlet_kl(a: Tensor, c: Tensor) -> Tensor:
    """KL(Dirichlet(a) ‖ Dirichlet(c)) in nats, (..., D) -> (...).

    With A = Σⱼ aⱼ, ρ(x) = ψ(x) - log x and the remainder s of Stirling's formula, it is
    s(A) - ½ log A - log Γ(Σⱼ cⱼ) - (D - 1)/2 log 2π
    + Σⱼ [½ log aⱼ - s(aⱼ) - cⱼ log(aⱼ/A) + (aⱼ - cⱼ)(ρ(aⱼ) - ρ(A)) + log Γ(cⱼ)].
    """
    total = a.sum(-1, keepdim=True)
    constant = stirling_remainder(total) - total.log() / 2
    each = a.log() / 2 - stirling_remainder(a) - c * (a / total).log() + c.lgamma() - HALF_LOG_2_PI
    each = each + (a - c) * (digamma_remainder(a) - digamma_remainder(total))
    return each.sum(-1) + constant.squeeze(-1) + HALF_LOG_2_PI - c.sum(-1).lgamma()


def dirichlet_log_density(a: Tensor, z: Tensor) -> Tensor:
    """log p(z) in nats of a Dirichlet with concentrations a, on the simplex, (..., D) -> (...).

    With n = Σⱼ aⱼ, mⱼ = n zⱼ / aⱼ and the remainder s of Stirling's formula, it is
    s(n) - ½ log n + Σⱼ [½ log aⱼ - s(aⱼ) - log zⱼ + aⱼ (log mⱼ - mⱼ + 1)] - (D - 1)/2 log 2π.
    """
    n = a.sum(-1, keepdim=True)
    kernel = log_minus_linear(z.log() + (n / a).log(), z * (n / a))
    each = a.log() / 2 - stirling_remainder(a) - z.log() + a * kernel - HALF_LOG_2_PI
    return each.sum(-1) + (stirling_remainder(n) - n.log() / 2).squeeze(-1) + HALF_LOG_2_PI
