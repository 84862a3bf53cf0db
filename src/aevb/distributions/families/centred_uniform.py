"""The uniform distribution by its centre and half width."""

from math import inf
from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import Uniform, constraints
from torch.distributions.utils import broadcast_all

from aevb.distributions.bounded import inside, not_lost_beside

ROUNDINGS = 16  # so many numbers lie between the centre and an end, at least


class CentredUniform(Uniform):
    """p(z) = 1 / (2 scale) on (loc - scale, loc + scale).

    torch's Uniform, with parameters that are free of each other; its KL divergences hold. A scale that would be lost
    beside the centre is joined with 16 rounding errors of that, ε |loc| each, to √(scale² + (16 ε loc)²).

    Shapes: loc, scale (...) -> batch shape (...), event shape ().
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # noqa: RUF012

    def __init__(self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None) -> None:
        self.loc, self.scale = wide_enough(loc, scale)
        super().__init__(self.loc - self.scale, self.loc + self.scale, validate_args=validate_args)

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return inside(super().rsample(sample_shape), self.low, self.high)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        outside = (value <= self.low) | (value >= self.high)
        return (0 * value - self.entropy()).masked_fill(outside, -inf)

    def entropy(self) -> Tensor:
        return (2 * self.scale).log()

    def expand(self, batch_shape: Any, _instance: Any = None) -> "CentredUniform":
        loc, scale = self.loc.expand(batch_shape), self.scale.expand(batch_shape)
        return CentredUniform(loc, scale, validate_args=self._validate_args)


def wide_enough(loc: Tensor | float, scale: Tensor | float) -> tuple[Tensor, Tensor]:
    """The centre and the half width of an interval, broadcast, with numbers between its ends."""
    loc, scale = broadcast_all(loc, scale)
    wide = not_lost_beside(scale, loc, ROUNDINGS * torch.finfo(scale.dtype).eps)
    return loc, torch.where(scale > 0, wide, scale)  # what is not positive is refused as it is
