"""The logistic distribution."""

from math import pi

import torch
from torch import Tensor
from torch.distributions import constraints
from torch.nn.functional import logsigmoid

from aevb.distributions.families.location_scale import LocationScale


class Logistic(LocationScale):
    """p(z) = e⁻ᵗ / (scale (1 + e⁻ᵗ)²), t = (z - loc) / scale: a bell with heavier tails than the normal's."""

    support = constraints.real
    standard_variance = pi**2 / 3
    standard_entropy = 2.0

    @staticmethod
    def standard_log_prob(t: Tensor) -> Tensor:
        return logsigmoid(t) + logsigmoid(-t)

    @staticmethod
    def standard_cdf(t: Tensor) -> Tensor:
        return torch.sigmoid(t)

    @staticmethod
    def standard_icdf(u: Tensor) -> Tensor:
        return torch.logit(u)
