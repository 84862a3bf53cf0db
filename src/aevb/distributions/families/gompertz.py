"""The Gompertz distribution."""

from typing import Any

import torch
from torch import Tensor
from torch.distributions import constraints
from torch.distributions.utils import broadcast_all

from aevb.distributions.families.exponential_integral import log_exponential_integral
from aevb.distributions.families.lifetime import Lifetime
from aevb.distributions.families.log_softplus import log_softplus

SMALL = 0.03  # where the series of log(expm1(w)/w) takes over from the formula, which divides small numbers


class Gompertz(Lifetime):
    """h(z) = rate · exp(growth · z), z > 0: the exponential distribution, with a hazard that grows.

    Computed in logarithms, so that the two parameters may be of any size, and their ratio too.
    """

    arg_constraints = {"rate": constraints.positive, "growth": constraints.positive}  # noqa: RUF012

    def __init__(self, rate: Tensor | float, growth: Tensor | float, validate_args: bool | None = None) -> None:
        self.rate, self.growth = broadcast_all(rate, growth)
        super().__init__(self.rate, validate_args)

    def cumulative_hazard(self, z: Tensor) -> Tensor:
        # rate / growth · expm1(growth · z)
        return (self.rate.log() + z.log() + _log_mean_of_exp(self.growth * z)).exp()

    def inverse_cumulative_hazard(self, e: Tensor) -> Tensor:
        # log1p(growth · e / rate) / growth
        return (log_softplus(e.log() + self.growth.log() - self.rate.log()) - self.growth.log()).exp()

    def log_hazard(self, z: Tensor) -> Tensor:
        return self.rate.log() + self.growth * z

    def entropy(self) -> Tensor:
        return 1 - self.rate.log() - self.growth * self.mean

    @property
    def mean(self) -> Tensor:
        # exp(x) E₁(x) / growth, x = rate / growth
        return (log_exponential_integral(self.rate.log() - self.growth.log()) - self.rate.log()).exp()

    @property
    def mode(self) -> Tensor:
        return (self.growth.log() - self.rate.log()).clamp(min=0) / self.growth

    def expand(self, batch_shape: Any, _instance: Any = None) -> "Gompertz":
        return Gompertz(self.rate.expand(batch_shape), self.growth.expand(batch_shape), self._validate_args)


def _log_mean_of_exp(w: Tensor) -> Tensor:
    """log(expm1(w) / w), w >= 0: the logarithm of the mean of exp between 0 and w."""
    low, high = w.clamp(max=SMALL), w.clamp(min=SMALL)
    series = low / 2 + low.square() / 24 - low.pow(4) / 2880
    return torch.where(w < SMALL, series, high + (-torch.expm1(-high) / high).log())
