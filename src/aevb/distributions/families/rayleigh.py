"""The Rayleigh distribution."""

from math import log, pi, sqrt
from typing import Any

import torch
from torch import Tensor
from torch.distributions import constraints

from aevb.distributions.families.lifetime import Lifetime

EULER = 0.5772156649015329  # γ


class Rayleigh(Lifetime):
    """p(z) = z / scale² exp(-z² / (2 scale²)), z > 0: the length of a pair of normal numbers with that scale."""

    arg_constraints = {"scale": constraints.positive}  # noqa: RUF012

    def __init__(self, scale: Tensor | float, validate_args: bool | None = None) -> None:
        self.scale = torch.as_tensor(scale)
        super().__init__(self.scale, validate_args)

    def cumulative_hazard(self, z: Tensor) -> Tensor:
        return (z / self.scale).square() / 2

    def inverse_cumulative_hazard(self, e: Tensor) -> Tensor:
        return self.scale * (2 * e).sqrt()

    def log_hazard(self, z: Tensor) -> Tensor:
        return z.log() - 2 * self.scale.log()

    def entropy(self) -> Tensor:
        return self.scale.log() + 1 + EULER / 2 - log(2) / 2

    @property
    def mean(self) -> Tensor:
        return self.scale * sqrt(pi / 2)

    @property
    def mode(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return (2 - pi / 2) * self.scale.square()

    def expand(self, batch_shape: Any, _instance: Any = None) -> "Rayleigh":
        return Rayleigh(self.scale.expand(batch_shape), self._validate_args)
