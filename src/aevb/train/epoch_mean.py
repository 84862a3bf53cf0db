"""Means over the images of an epoch."""

import torch
from torch import Tensor

from aevb.metrics.exact_metric import ExactMetric
from aevb.precision import sum_dtype


class EpochMean(ExactMetric):
    """The mean over all images, on all devices, of several quantities known for each image.

    One matrix of sums instead of a metric for each quantity: a training step pays for a single addition, and nothing
    waits for the device before `compute`. The sums are in double precision, whatever the model's.

    copies: n, of the model; the means of each are kept apart.
    """

    sums: Tensor  # (T, n)
    count: Tensor

    def __init__(self, names: tuple[str, ...], copies: int = 1) -> None:
        super().__init__()
        self.names = names
        self.add_state("sums", torch.zeros(len(names), copies, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, sums: Tensor, num_images: int) -> None:
        """Add the sums over the images of one batch, (T, n); see `sums_over_images`."""
        self.sums += sums
        self.count += num_images

    def compute(self) -> tuple[dict[str, Tensor], Tensor]:
        """The mean of each quantity, (n,), and the number of images."""
        return dict(zip(self.names, self.sums / self.count, strict=True)), self.count.clone()


def sums_over_images(terms: dict[str, Tensor], names: tuple[str, ...]) -> Tensor:
    """The sum of each of T terms over the images of a batch, (T, n): (B,) each, or (n, B) of n copies."""
    values = torch.stack([terms[name].detach() for name in names])  # (T, B) or (T, n, B)
    sums = values.sum(-1, dtype=sum_dtype(values.device))
    return sums.unsqueeze(1) if values.ndim == 2 else sums
