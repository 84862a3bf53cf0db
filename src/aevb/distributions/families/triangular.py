"""The symmetric triangular distribution."""

from math import inf
from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import constraints

from aevb.distributions.bounded import inside
from aevb.distributions.families.centred_uniform import wide_enough
from aevb.distributions.families.location_scale import LocationScale


class Triangular(LocationScale):
    """p(z) = (1 - |t|) / scale, t = (z - loc) / scale, on (loc - scale, loc + scale).

    A scale that would be lost beside the centre is made larger as for `CentredUniform`.
    """

    standard_variance = 1 / 6
    standard_entropy = 0.5

    def __init__(self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None) -> None:
        super().__init__(*wide_enough(loc, scale), validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> constraints.Constraint:
        return constraints.interval(self.loc - self.scale, self.loc + self.scale)

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return inside(super().rsample(sample_shape), self.loc - self.scale, self.loc + self.scale)

    def log_prob(self, value: Tensor) -> Tensor:
        outside = (value <= self.loc - self.scale) | (value >= self.loc + self.scale)
        return super().log_prob(value).masked_fill(outside, -inf)

    @staticmethod
    def standard_log_prob(t: Tensor) -> Tensor:
        # Rounding may put a z that is inside at t = 1.
        return torch.log1p(-t.abs().clamp(max=1 - torch.finfo(t.dtype).eps))

    @staticmethod
    def standard_cdf(t: Tensor) -> Tensor:
        t = t.clamp(-1, 1)
        return 0.5 + t - 0.5 * t * t.abs()

    @staticmethod
    def standard_icdf(u: Tensor) -> Tensor:
        centred = 2 * u - 1
        return centred.sign() * (1 - torch.sqrt(1 - centred.abs()))
