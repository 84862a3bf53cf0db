"""Means over the images of an epoch."""

import torch
from torch import Tensor
from torchmetrics import Metric


class EpochMean(Metric):
    """The mean over all images, on all devices, of several quantities known for each image.

    One vector of sums instead of a metric for each quantity: a training step pays for a single addition, and nothing
    waits for the device before `compute`.
    """

    full_state_update = False
    sums: Tensor
    count: Tensor

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names
        self.add_state("sums", torch.zeros(len(names)), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros(()), dist_reduce_fx="sum")

    def update(self, sums: Tensor, num_images: int) -> None:
        """Add the sums over the images of one batch, (T,); see `sums_over_images`."""
        self.sums += sums
        self.count += num_images

    def compute(self) -> tuple[dict[str, Tensor], Tensor]:
        """The mean of each quantity, and the number of images."""
        return dict(zip(self.names, self.sums / self.count, strict=True)), self.count.clone()


def sums_over_images(terms: dict[str, Tensor], names: tuple[str, ...]) -> Tensor:
    """The sum of each of T terms over the images of a batch: (B,) each, or (n, B) of n copies, whose mean is taken."""
    values = torch.stack([terms[name].detach() for name in names])  # (T, B) or (T, n, B)
    return (values if values.ndim == 2 else values.mean(1)).sum(1)
