"""The precision that numbers are kept and summed in."""

from contextlib import AbstractContextManager

import torch
from torch import Tensor


def sum_dtype(device: torch.device) -> torch.dtype:
    """What sums over many images are kept in: float64; float32 on Apple's GPUs, which have nothing wider."""
    return torch.float32 if device.type == "mps" else torch.float64


def at_least_single(tensor: Tensor) -> Tensor:
    """A bfloat16 or float16 tensor as float32, for mathematics and sums over pixels; any other as it is.

    >>> at_least_single(torch.ones(2, dtype=torch.bfloat16)).dtype, at_least_single(torch.ones(2).double()).dtype
    (torch.float32, torch.float64)
    """
    return tensor.float() if tensor.dtype in (torch.bfloat16, torch.float16) else tensor


def without_autocast(device: torch.device) -> AbstractContextManager[None]:
    """No products in half precision within, wherever torch.autocast is in force outside."""
    return torch.autocast(device.type, enabled=False)
