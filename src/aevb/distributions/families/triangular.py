"""The symmetric triangular distribution."""

import torch
from torch import Tensor
from torch.distributions import constraints

from aevb.distributions.families.location_scale import LocationScale


class Triangular(LocationScale):
    """p(z) = (1 - |t|) / scale, t = (z - loc) / scale, on (loc - scale, loc + scale)."""

    standard_variance = 1 / 6
    standard_entropy = 0.5

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> constraints.Constraint:
        return constraints.interval(self.loc - self.scale, self.loc + self.scale)

    @staticmethod
    def standard_log_prob(t: Tensor) -> Tensor:
        return torch.log1p(-t.abs().clamp(max=1))  # -inf outside

    @staticmethod
    def standard_cdf(t: Tensor) -> Tensor:
        t = t.clamp(-1, 1)
        return 0.5 + t - 0.5 * t * t.abs()

    @staticmethod
    def standard_icdf(u: Tensor) -> Tensor:
        centred = 2 * u - 1
        return centred.sign() * (1 - torch.sqrt(1 - centred.abs()))
