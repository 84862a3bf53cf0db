"""Families made of a standard distribution by shifting and stretching."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import Distribution, constraints
from torch.distributions.utils import broadcast_all, clamp_probs


class LocationScale(Distribution, ABC):
    """z = loc + scale·t, where t has a standard distribution that is symmetric about 0.

    Kingma & Welling 2014, section 2.4, point 2. A subclass gives the standard distribution's log density, CDF and
    inverse CDF, variance and entropy; t is drawn as the inverse CDF of uniform noise.

    Shapes: loc, scale (...) -> batch shape (...), event shape ().
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # noqa: RUF012
    has_rsample = True
    standard_variance: float
    standard_entropy: float

    def __init__(self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @staticmethod
    @abstractmethod
    def standard_log_prob(t: Tensor) -> Tensor:
        """The log density of t, in nats."""

    @staticmethod
    @abstractmethod
    def standard_cdf(t: Tensor) -> Tensor:
        """P(t' <= t)."""

    @staticmethod
    @abstractmethod
    def standard_icdf(u: Tensor) -> Tensor:
        """The t with P(t' <= t) = u."""

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        shape = self._extended_shape(Size(sample_shape))
        # Away from 0 and 1, where the inverse CDF may be infinite.
        return self.icdf(clamp_probs(torch.rand(shape, dtype=self.loc.dtype, device=self.loc.device)))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return self.standard_log_prob((value - self.loc) / self.scale) - self.scale.log()

    def cdf(self, value: Tensor) -> Tensor:
        return self.standard_cdf((value - self.loc) / self.scale)

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * self.standard_icdf(value)

    def entropy(self) -> Tensor:
        return self.standard_entropy + self.scale.log()

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self.standard_variance * self.scale**2

    def expand(self, batch_shape: Any, _instance: Any = None) -> "LocationScale":
        loc, scale = self.loc.expand(batch_shape), self.scale.expand(batch_shape)
        return type(self)(loc, scale, validate_args=self._validate_args)
