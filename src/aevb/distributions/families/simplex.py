"""torch's families on the simplex, with density zero elsewhere."""

import torch
from torch import Tensor
from torch.distributions import Dirichlet as TorchDirichlet
from torch.distributions import LogisticNormal as TorchLogisticNormal

from aevb.distributions.families.zero_outside import ZeroOutside


class OnSimplex(ZeroOutside):
    """z > 0, Σⱼ zⱼ = 1 but for the rounding of many numbers, for which torch's constraint leaves little room."""

    def is_inside(self, value: Tensor) -> Tensor:
        rounding = torch.finfo(value.dtype).eps ** 0.5
        inside: Tensor = (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < rounding)
        return inside | value.isnan().any(-1)

    def point_inside(self, value: Tensor) -> Tensor:
        return torch.full_like(value, 1 / value.shape[-1])


class Dirichlet(OnSimplex, TorchDirichlet):
    """torch's Dirichlet."""


class LogisticNormal(OnSimplex, TorchLogisticNormal):
    """torch's LogisticNormal."""
