"""torch's families on (0, ∞), with density zero elsewhere.

Samples are never rounded to the ends, and log densities are not differences of large numbers.
"""

from math import log
from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import Chi2 as TorchChi2
from torch.distributions import Exponential as TorchExponential
from torch.distributions import Gamma as TorchGamma
from torch.distributions import LogNormal as TorchLogNormal
from torch.distributions import Pareto as TorchPareto
from torch.distributions import Weibull as TorchWeibull

from aevb.distributions.bounded import above_zero, inside
from aevb.distributions.families.stirling import (
    HALF_LOG_2_PI,
    digamma_remainder,
    log_minus_linear,
    stirling_remainder,
)
from aevb.distributions.families.zero_outside import ZeroOutside


class AccurateGamma(TorchGamma):
    """torch's Gamma; with a = concentration, m = rate·z / a and the remainder s of Stirling's formula,

    log p(z) = ½ log(a / 2π) - s(a) - log z + a (log m - m + 1).
    """

    def log_prob(self, value: Tensor) -> Tensor:
        a = self.concentration
        log_m, m = value.log() + self.rate.log() - a.log(), value * (self.rate / a)
        return a.log() / 2 - HALF_LOG_2_PI - stirling_remainder(a) - value.log() + a * log_minus_linear(log_m, m)

    def entropy(self) -> Tensor:
        a = self.concentration
        rest = stirling_remainder(a) + (1 - a) * digamma_remainder(a)
        return a.log() / 2 + HALF_LOG_2_PI + rest - self.rate.log()


class AccurateLogNormal(TorchLogNormal):
    """torch's LogNormal, with log z of samples within 40 % of what is finite, so that z² is, too: ±35 in float32."""

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return _exp(self.base_dist.rsample(Size(sample_shape)))

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        with torch.no_grad():
            return _exp(self.base_dist.sample(Size(sample_shape)))

    @property
    def mean(self) -> Tensor:
        exponent = self.loc + self.scale.square() / 2
        largest = log(torch.finfo(exponent.dtype).max)
        return exponent.clamp(max=largest).exp().masked_fill(exponent >= largest, torch.inf)

    @property
    def mode(self) -> Tensor:
        return (self.loc - self.scale.square()).exp().clamp(min=torch.finfo(self.loc.dtype).tiny)


class AccuratePareto(TorchPareto):
    """torch's Pareto: log p(z) = log(alpha / scale) - (alpha + 1) log(z / scale)."""

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return self._inside(super().rsample(sample_shape))

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return self.rsample(sample_shape).detach()

    def log_prob(self, value: Tensor) -> Tensor:
        log_ratio = torch.log1p((value - self.scale) / self.scale)
        return self.alpha.log() - self.scale.log() - (self.alpha + 1) * log_ratio

    @property
    def mean(self) -> Tensor:
        # The quotient first: the product may be too large.
        mean = self.scale * (self.alpha / (self.alpha - 1))
        return self._inside(mean).masked_fill(self.alpha <= 1, torch.inf)

    def _inside(self, z: Tensor) -> Tensor:
        return inside(z, self.scale, torch.full_like(self.scale, torch.inf))


class AccurateWeibull(TorchWeibull):
    """torch's Weibull: with k = concentration and t = log(z / scale),

    log p(z) = log(k / scale) + (k - 1) t - exp(k t).
    """

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return above_zero(super().rsample(sample_shape))

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return self.rsample(sample_shape).detach()

    def log_prob(self, value: Tensor) -> Tensor:
        k, t = self.concentration, (value / self.scale).log()
        return k.log() - self.scale.log() + (k - 1) * t - (k * t).exp()


class Chi2(ZeroOutside, AccurateGamma, TorchChi2):
    """torch's Chi2."""


class Exponential(ZeroOutside, TorchExponential):
    """torch's Exponential."""

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return above_zero(super().rsample(sample_shape))


class Gamma(ZeroOutside, AccurateGamma):
    """torch's Gamma."""


class LogNormal(ZeroOutside, AccurateLogNormal):
    """torch's LogNormal."""


class Pareto(ZeroOutside, AccuratePareto):
    """torch's Pareto, on (scale, ∞)."""


class Weibull(ZeroOutside, AccurateWeibull):
    """torch's Weibull."""

    def point_inside(self, value: Tensor) -> Tensor:
        return self.scale.detach()


def _exp(log_z: Tensor) -> Tensor:
    farthest = 0.4 * log(torch.finfo(log_z.dtype).max)
    return log_z.clamp(-farthest, farthest).exp()
