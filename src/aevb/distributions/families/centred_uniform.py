"""The uniform distribution by its centre and half width."""

from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import Uniform, constraints
from torch.distributions.utils import broadcast_all


class CentredUniform(Uniform):
    """p(z) = 1 / (2 scale) on (loc - scale, loc + scale).

    torch's Uniform, with parameters that are free of each other; its KL divergences hold.

    Shapes: loc, scale (...) -> batch shape (...), event shape ().
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # noqa: RUF012

    def __init__(self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc - self.scale, self.loc + self.scale, validate_args=validate_args)

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        # Rounding may give `high` itself, where the density is 0.
        return torch.minimum(super().rsample(sample_shape), torch.nextafter(self.high, self.low).detach())

    def expand(self, batch_shape: Any, _instance: Any = None) -> "CentredUniform":
        loc, scale = self.loc.expand(batch_shape), self.scale.expand(batch_shape)
        return CentredUniform(loc, scale, validate_args=self._validate_args)
