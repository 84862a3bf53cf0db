"""The reciprocal distribution."""

from math import inf
from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import Distribution, constraints
from torch.distributions.utils import broadcast_all

from aevb.distributions.bounded import inside, not_lost_beside
from aevb.distributions.families.log_softplus import log_softplus

ROUNDINGS = 16  # so many numbers lie between the ends, at least


class Reciprocal(Distribution):
    """p(z) = 1 / (z log(b/a)) for a <= z <= b, a = low, b = low + width: log z is uniform.

    z = a (b/a)ᵘ is the inverse CDF of uniform noise u (Kingma & Welling 2014, section 2.4, point 1). By its lower end
    and its width the parameters are free of each other, and both ends stay finite; the support moves with them. A width
    that would be lost beside the lower end is joined with 16 rounding errors of that to √(width² + (16 ε low)²).

    Shapes: low, width (...) -> batch shape (...), event shape ().
    """

    arg_constraints = {"low": constraints.positive, "width": constraints.positive}  # noqa: RUF012
    has_rsample = True

    def __init__(self, low: Tensor | float, width: Tensor | float, validate_args: bool | None = None) -> None:
        self.low, width = broadcast_all(low, width)
        wide = not_lost_beside(width, self.low, ROUNDINGS * torch.finfo(width.dtype).eps)
        self.width = torch.where(width > 0, wide, width)  # what is not positive is refused as it is
        self.high = self.low + self.width
        super().__init__(self.low.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> constraints.Constraint:
        return constraints.interval(self.low, self.high)

    @property
    def log_length(self) -> Tensor:
        """log log(b/a)."""
        return log_softplus(self.width.log() - self.low.log())

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        shape = self._extended_shape(Size(sample_shape))
        z = self.icdf(torch.rand(shape, dtype=self.low.dtype, device=self.low.device))
        return inside(z, self.low, self.high)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        outside = (value < self.low) | (value > self.high)
        z = torch.where(outside, self.low, value)
        return (-z.log() - self.log_length).masked_fill(outside, -inf)

    def cdf(self, value: Tensor) -> Tensor:
        z = value.clamp(self.low, self.high)
        return (z.log() - self.low.log()) / self.log_length.exp()

    def icdf(self, value: Tensor) -> Tensor:
        half = (value * self.log_length.exp() / 2).exp()
        return self.low * half * half  # b/a itself may be too large a number

    def entropy(self) -> Tensor:
        return self.low.log() + self.log_length.exp() / 2 + self.log_length

    @property
    def mean(self) -> Tensor:
        return inside((self.width.log() - self.log_length).exp(), self.low, self.high)

    @property
    def mode(self) -> Tensor:
        return self.low

    def expand(self, batch_shape: Any, _instance: Any = None) -> "Reciprocal":
        return Reciprocal(self.low.expand(batch_shape), self.width.expand(batch_shape), self._validate_args)
