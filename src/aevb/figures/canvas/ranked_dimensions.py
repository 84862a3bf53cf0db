"""Latent dimensions in the order of what they say of the image."""

from typing import NamedTuple

import torch
from torch import Tensor


class RankedDimensions(NamedTuple):
    """order: the dimensions, from 0, the one that says most first. measure: what they are ranked by, for each of them.

    name, unit: of the measure.
    """

    order: list[int]
    measure: list[float]
    name: str
    unit: str


def ranked_dimensions(z: Tensor, kl_by_dimension: Tensor | None) -> RankedDimensions:
    """Dimensions by their KL (D,) in nats, the largest first; where it is unknown, by the variance of the codes (N, D).

    Of equals, the first comes first.
    """
    if kl_by_dimension is not None and kl_by_dimension.isfinite().all():
        measure, name, unit = kl_by_dimension, "KL", " nats"
    else:
        measure, name, unit = z.double().var(0, correction=0), "variance of the codes", ""
    order = torch.argsort(measure, descending=True, stable=True)
    return RankedDimensions(order.tolist(), measure.tolist(), name, unit)
