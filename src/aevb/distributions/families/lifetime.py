"""Families on (0, ∞) given by their hazard."""

from abc import ABC, abstractmethod
from math import inf
from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import Distribution, constraints


class Lifetime(Distribution, ABC):
    """P(z' > z) = exp(-H(z)) for z > 0, so that p(z) = h(z) exp(-H(z)), h = H′.

    z = H⁻¹(e), e ~ Exp(1), is the inverse CDF of the uniform number u = 1 - exp(-e) (Kingma & Welling 2014, section
    2.4, point 1). Near 1 the numbers u of float32 lie far apart; the numbers e do not.

    A subclass gives H, its inverse and log h.

    Shapes: parameters (...) -> batch shape (...), event shape ().
    """

    support = constraints.positive
    has_rsample = True

    def __init__(self, like: Tensor, validate_args: bool | None = None) -> None:
        """like: one of the parameters, broadcast with the others."""
        self.like = like
        super().__init__(like.shape, validate_args=validate_args)

    @abstractmethod
    def cumulative_hazard(self, z: Tensor) -> Tensor:
        """H(z), z > 0."""

    @abstractmethod
    def inverse_cumulative_hazard(self, e: Tensor) -> Tensor:
        """The z with H(z) = e, e > 0."""

    @abstractmethod
    def log_hazard(self, z: Tensor) -> Tensor:
        """log h(z), z > 0."""

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        e = torch.empty(self._extended_shape(Size(sample_shape)), dtype=self.like.dtype, device=self.like.device)
        tiny = torch.finfo(e.dtype).tiny  # 0 is outside the support
        return self.inverse_cumulative_hazard(e.exponential_().clamp(min=tiny)).clamp(min=tiny)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        outside = value <= 0
        # The formula is computed at a point of middling probability instead, where it cannot overflow.
        z = torch.where(outside, self.inverse_cumulative_hazard(torch.ones_like(self.like)).detach(), value)
        return (self.log_hazard(z) - self.cumulative_hazard(z)).masked_fill(outside, -inf)

    def cdf(self, value: Tensor) -> Tensor:
        return -torch.expm1(-self.cumulative_hazard(value))

    def icdf(self, value: Tensor) -> Tensor:
        return self.inverse_cumulative_hazard(-torch.log1p(-value))
