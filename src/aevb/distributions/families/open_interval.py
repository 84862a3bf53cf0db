"""torch's families on (0, 1), with density zero elsewhere.

Samples are never rounded to the ends, where densities may be infinite, and log densities are not differences of large
numbers.
"""

from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import Beta as TorchBeta
from torch.distributions import Kumaraswamy as TorchKumaraswamy

from aevb.distributions.bounded import between_zero_and_one
from aevb.distributions.families.log_one_minus_exp import log_one_minus_exp
from aevb.distributions.families.simplex import dirichlet_kl, dirichlet_log_density
from aevb.distributions.families.stirling import log_gamma_step
from aevb.distributions.families.zero_outside import ZeroOutside


class AccurateBeta(TorchBeta):
    """torch's Beta, as the first number of a Dirichlet of two; samples lie in the open interval."""

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return between_zero_and_one(super().rsample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        return dirichlet_log_density(self.concentrations, torch.stack([value, 1 - value], -1))

    def entropy(self) -> Tensor:
        return -dirichlet_kl(self.concentrations, torch.ones_like(self.concentrations))

    @property
    def concentrations(self) -> Tensor:
        """Of z and of 1 - z, (..., 2)."""
        return torch.stack([self.concentration1, self.concentration0], -1)


class AccurateKumaraswamy(TorchKumaraswamy):
    """torch's Kumaraswamy, F(z) = 1 - (1 - zᵃ)ᵇ, in logarithms: no power of z is taken from 1.

    log p(z) = log ab + (a - 1) log z + (b - 1) log(1 - zᵃ), and z = (1 - u^(1/b))^(1/a) for uniform noise u.
    """

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        a, b = self.concentration1, self.concentration0
        u = torch.rand(self._extended_shape(Size(sample_shape)), dtype=a.dtype, device=a.device)
        log_z = log_one_minus_exp(u.clamp(min=torch.finfo(u.dtype).tiny).log() / b) / a
        return between_zero_and_one(log_z.exp())

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return self.rsample(sample_shape).detach()

    def log_prob(self, value: Tensor) -> Tensor:
        a, b = self.concentration1, self.concentration0
        log_z = value.log()
        return a.log() + b.log() + (a - 1) * log_z + (b - 1) * log_one_minus_exp(a * log_z)

    @property
    def mean(self) -> Tensor:
        # b B(1 + 1/a, b) = Γ(1 + h) Γ(b + 1) / Γ(b + 1 + h), h = 1/a
        h, x = self.concentration1.reciprocal(), self.concentration0 + 1
        return between_zero_and_one(((1 + h).lgamma() - h * x.log() - log_gamma_step(x, h)).exp())


class OnOpenInterval(ZeroOutside):
    """0 < z < 1; torch's constraint has the ends, too, where the density may be infinite."""

    def is_inside(self, value: Tensor) -> Tensor:
        return ((value > 0) & (value < 1)) | value.isnan()


class Beta(OnOpenInterval, AccurateBeta):
    """torch's Beta, with density zero outside (0, 1)."""


class Kumaraswamy(OnOpenInterval, AccurateKumaraswamy):
    """torch's Kumaraswamy, with density zero outside (0, 1)."""
