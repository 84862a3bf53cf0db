"""Densities that are zero outside their support."""

from math import inf
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, biject_to


class ZeroOutside(Distribution):
    """log p(z) = -∞ outside the support, with gradient zero, whether or not arguments are validated.

    A base before a family whose own formula gives NaN there, or the number of a density that goes on.
    """

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        inside = self.is_inside(value)
        each = inside.unsqueeze(-1) if self.event_shape else inside
        # The formula is computed at a point inside instead, so that no NaN comes back with the gradient.
        safe = torch.where(each, value, self.point_inside(value))
        return super().log_prob(safe).masked_fill(~inside, -inf)

    def is_inside(self, value: Tensor) -> Tensor:
        """Whether z is in the support; NaN counts as inside, so that it stays NaN."""
        support: Any = self.support
        inside: Tensor = support.check(value) | value.isnan()
        return inside

    def point_inside(self, value: Tensor) -> Tensor:
        """A point of the support, in a shape that broadcasts with z."""
        point: Tensor = biject_to(self.support)(torch.zeros_like(value))
        return point
