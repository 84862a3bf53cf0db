"""The logarithm of one minus an exponential."""

from math import log

import torch
from torch import Tensor


def log_one_minus_exp(w: Tensor) -> Tensor:
    """log(1 - exp w) for w < 0, which is log(-w) near 0 and -exp(w) far below it (Mächler 2012)."""
    tiny = torch.finfo(w.dtype).tiny
    near, far = w.clamp(min=-log(2), max=-tiny), w.clamp(max=-log(2))
    return torch.where(w > -log(2), (-torch.expm1(near)).log(), torch.log1p(-far.exp()))
