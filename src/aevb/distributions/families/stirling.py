"""The Γ function of large numbers.

Densities and divergences with Γs of large numbers are differences of far larger numbers. Written with the remainders
here, they are not.
"""

from math import log, pi

import torch
from torch import Tensor

LARGE = 10.0  # from here on the series are good to 1e-12
HALF_LOG_2_PI = log(2 * pi) / 2


def stirling_remainder(x: Tensor) -> Tensor:
    """log Γ(x) - ((x - ½) log x - x + ½ log 2π), which falls to 0 like 1/(12x); x > 0 (DLMF 5.11.1)."""
    small, large = x.clamp(max=LARGE), x.clamp(min=LARGE)
    exact = small.lgamma() - ((small - 0.5) * small.log() - small + HALF_LOG_2_PI)
    inverse = large.reciprocal()
    square = inverse.square()
    series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
    return torch.where(x < LARGE, exact, series)


def digamma_remainder(x: Tensor) -> Tensor:
    """ψ(x) - log x, which rises to 0 like -1/(2x); x > 0 (DLMF 5.11.2)."""
    small, large = x.clamp(max=LARGE), x.clamp(min=LARGE)
    exact = small.digamma() - small.log()
    inverse = large.reciprocal()
    square = inverse.square()
    series = -inverse / 2 - square * (
        1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132)))
    )
    return torch.where(x < LARGE, exact, series)


def log_gamma_step(x: Tensor, h: Tensor | float) -> Tensor:
    """log Γ(x + h) - log Γ(x) - h log x, which falls to 0 like h (h - 1) / (2x); x > 0, h >= 0."""
    h = torch.as_tensor(h, dtype=x.dtype, device=x.device)
    return (x + h - 0.5) * torch.log1p(h / x) - h + stirling_remainder(x + h) - stirling_remainder(x)


def log_minus_linear(log_m: Tensor, m: Tensor) -> Tensor:
    """log m - (m - 1) <= 0 from both log m and m > 0, without cancellation near m = 1."""
    near = (m - 1).abs() < 0.5
    d = torch.where(near, m - 1, 0.0)
    far = torch.where(near, 0.0, log_m) - torch.where(near, 1.0, m) + 1
    return torch.where(near, torch.log1p(d) - d, far)
