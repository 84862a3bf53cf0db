"""One number of an evaluation."""

from enum import StrEnum
from math import log, prod, sqrt
from typing import NamedTuple

from torch import Tensor

from aevb.metrics.estimate import Estimate


class Kind(StrEnum):
    """What a result measures, where results of several runs are ranked by it."""

    LOG_PX_EXACT = "log_px_exact"  # log p(x) by quadrature
    LOG_PX = "log_px"  # log p(x) by importance sampling with `num_samples` samples
    ELBO = "elbo"
    SQUARED_ERROR = "squared_error"


class Result(NamedTuple):
    """A value with its standard error over images, and how many images and samples of each it is made of.

    kind: what it measures, if runs are ranked by it.
    monte_carlo_error: what sampling alone adds to the error of the mean, where it is known.
    bits_per_dimension: the value as bits for each pixel, if it is a bound on log p(x).
    """

    name: str
    value: float
    standard_error: float | None
    unit: str
    num_images: int
    num_samples: int | None = None
    kind: Kind | None = None
    monte_carlo_error: float | None = None
    bits_per_dimension: float | None = None


def result(
    name: str, estimate: Estimate, num_images: int, num_samples: int | None = None, kind: Kind | None = None
) -> Result:
    """An estimate with its name."""
    return Result(name, *estimate, num_images, num_samples, kind)


def log_density_result(
    name: str,
    values: Tensor,
    image_shape: tuple[int, ...],
    num_samples: int | None = None,
    kind: Kind | None = None,
    ess: Tensor | None = None,
) -> Result:
    """A bound on log p(x), (N,) nats, in nats and bits; ess: of the weights behind each value, (N,).

    The relative error of p̂(x) = 1/K Σ w is √(1/ESS - 1/K), which is the error of its logarithm; one weight alone does
    not tell.
    """
    n = len(values)
    mean = values.mean().item()
    error = None
    if ess is not None and num_samples is not None and num_samples > 1:
        error = (1 / ess - 1 / num_samples).clamp(min=0).sum().sqrt().item() / n
    deviation = values.std().item() / sqrt(n) if n > 1 else None
    bits = -mean / (prod(image_shape) * log(2))
    return Result(name, mean, deviation, "nats per image", n, num_samples, kind, error, bits)
