"""The logarithm of the softplus."""

import torch
from torch import Tensor


def log_softplus(y: Tensor) -> Tensor:
    """log log(1 + exp y), which is y - exp(y)/2 far below 0 and log y far above it, without underflow or overflow."""
    low = y.clamp(max=-15.0)
    high = y.clamp(min=-15.0)
    return torch.where(y < -15, low - low.exp() / 2, torch.logaddexp(high, torch.zeros_like(high)).log())
