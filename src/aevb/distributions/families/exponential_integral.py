"""The exponential integral, in logarithms."""

from math import log

import torch
from torch import Tensor

EULER = 0.5772156649015329  # γ
MEET = log(2)  # log x where two formulas meet, with an error of 1e-13
TERMS, DEPTH = 25, 30
LARGEST = 80.0  # e⁸⁰ is a float32, and the result is log 1 long before


def log_exponential_integral(log_x: Tensor) -> Tensor:
    """log(x eˣ E₁(x)) from log x, where E₁(x) = ∫ₓ^∞ e⁻ᵗ/t dt; it grows to 0 as x grows.

    The series for small x (DLMF 6.6.2), and for large x the even part of the continued fraction (DLMF 6.9.1).
    """
    low, high = log_x.clamp(max=MEET), log_x.clamp(min=MEET, max=LARGEST)
    return torch.where(log_x < MEET, _by_series(low), _by_continued_fraction(high))


def _by_series(log_x: Tensor) -> Tensor:
    """E₁(x) = -γ - log x - Σₖ (-x)ᵏ / (k k!)."""
    x = log_x.exp()
    term, total = torch.ones_like(x), -EULER - log_x
    for k in range(1, TERMS + 1):
        term = -term * x / k
        total = total - term / k
    return log_x + x + total.log()


def _by_continued_fraction(log_x: Tensor) -> Tensor:
    """eˣ E₁(x) = 1/(x + 1 - 1²/(x + 3 - 2²/(x + 5 - ...)))."""
    x = log_x.exp()
    below = x + 2 * DEPTH + 1
    for k in range(DEPTH, 0, -1):
        below = x + 2 * k - 1 - k**2 / below
    return (x / below).log()
