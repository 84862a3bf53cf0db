"""A number with its error."""

from math import sqrt
from typing import NamedTuple

from torch import Tensor


class Estimate(NamedTuple):
    """A value, the standard error of it (None where none is known), and its unit."""

    value: float
    standard_error: float | None
    unit: str


def mean_over_images(values: Tensor, unit: str) -> Estimate:
    """The mean of one value for each image, (N,), ± s/√N for their standard deviation s."""
    values = values.double()
    n = len(values)
    return Estimate(values.mean().item(), values.std().item() / sqrt(n) if n > 1 else None, unit)
