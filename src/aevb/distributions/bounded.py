"""Raw parameters and scales kept within what single precision can compute with."""

import torch
from torch import Tensor

FREE, LIMIT = 10.0, 15.0  # e¹⁵ is 3 million: moments, densities and their derivatives stay far from overflow


def bounded(raw: Tensor) -> Tensor:
    """raw itself up to 10 in size, then smoothly closer to 15: 10 + t / √(1 + (t/5)²) for 10 + t, odd in raw.

    For what will be exponentiated. The derivative is 1, then falls as t⁻³, and is nowhere zero.
    """
    free = raw.clamp(-FREE, FREE)
    excess = raw - free
    return free + excess * (1 + (excess / (LIMIT - FREE)).square()).rsqrt()


def not_lost_beside(scale: Tensor, large: Tensor, share: float) -> Tensor:
    """√(scale² + (share·large)²): a positive scale that rounding of what is as large as `large` does not swallow.

    The relative change of the scale is ½ (share·large / scale)².
    """
    return torch.hypot(scale, share * large)


def inside(z: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Samples z, but for those that rounding has put on an end of the open interval (low, high) or beyond.

    They become the nearest number inside, and have no gradient.
    """
    low, high = low.detach(), high.detach()
    return z.clamp(torch.nextafter(low, high), torch.nextafter(high, low))


def above_zero(z: Tensor) -> Tensor:
    """The same on (0, ∞): the smallest number is that of full precision."""
    limits = torch.finfo(z.dtype)
    return z.clamp(limits.tiny, limits.max)


def between_zero_and_one(z: Tensor) -> Tensor:
    """The same on (0, 1)."""
    limits = torch.finfo(z.dtype)
    return z.clamp(limits.tiny, 1 - limits.eps / 2)
