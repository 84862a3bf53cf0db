"""A number with its standard error."""

from math import hypot, sqrt
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


def ratio_with_error(a: Estimate, b: Estimate) -> Estimate:
    """a / b, for independent errors; 1 without an error for an estimate and itself."""
    if a is b:
        return Estimate(1.0, 0.0, "1")
    ratio = a.value / b.value
    return Estimate(ratio, hypot(a.standard_error or 0, ratio * (b.standard_error or 0)) / abs(b.value), "1")
