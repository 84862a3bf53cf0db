"""The remainder of Stirling's formula."""

from math import log, pi

import torch
from torch import Tensor

LARGE = 10.0  # from here on the series is good to 1e-12


def stirling_remainder(x: Tensor) -> Tensor:
    """log Γ(x) - ((x - ½) log x - x + ½ log 2π), which falls to 0 like 1/(12x); x > 0 (DLMF 5.11.1).

    Densities with Γs of large numbers are differences of far larger numbers. Written with this remainder, they are not.
    """
    small, large = x.clamp(max=LARGE), x.clamp(min=LARGE)
    exact = small.lgamma() - ((small - 0.5) * small.log() - small + log(2 * pi) / 2)
    inverse = large.reciprocal()
    square = inverse.square()
    series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
    return torch.where(x < LARGE, exact, series)
