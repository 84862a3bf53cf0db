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

    def update(self, terms: dict[str, Tensor]) -> None:
        """Add the images of one batch; each term is (B,)."""
        values = torch.stack([terms[name].detach() for name in self.names])  # (len(names), B)
        self.sums += values.sum(1)
        self.count += values.shape[1]

    def compute(self) -> tuple[dict[str, Tensor], Tensor]:
        """The mean of each quantity, and the number of images."""
        return dict(zip(self.names, self.sums / self.count, strict=True)), self.count.clone()
