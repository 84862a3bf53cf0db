"""Batches sliced from tensors that are already where they are needed."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from aevb.data.shuffle import Shuffle
from aevb.seeding import seed_for


class DeviceLoader:
    """Yields (x, labels): float32 (B, C, H, W) in `pixel_range` and int64 (B,), on the device that holds the images.

    A sampler of several orders has x (B, orders, C, H, W) and labels (B, orders).

    There are no worker processes, no PIL and no copies from host to device beyond one order of indices an epoch.
    Lightning saves and restores where it is in its epoch.

    images: uint8 (N, C, H, W). labels: int64 (N,).
    pixel_range: the numbers that the grey levels 0 and 255 become.
    dynamic: draw each pixel from Bernoulli(grey level), anew each epoch where the sampler shuffles anew.

    position: the batches of this epoch that have been served; whoever serves some by itself moves it on.
    order: int64 (N,) or (N, orders), the images of this device in the order of this epoch; the same memory each epoch.
    full_batches: how many of its batches have all of batch_size images.
    """

    batch_sampler = None  # Lightning looks for it, as on a DataLoader, and then for `sampler`

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        sampler: Shuffle,
        dynamic: bool = False,
        pixel_range: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        self.images = images
        self.labels = labels
        self.sampler = sampler
        self.dynamic = dynamic
        self.pixel_range = pixel_range
        self.sizes = sampler.sizes()
        self.batch_size = self.sizes[0]
        self.full_batches = self.sizes.count(self.batch_size)
        self.order = torch.cat(sampler.batches()).to(images.device)
        self.generator = torch.Generator(images.device)
        self.position = 0
        self.restored: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.sizes)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        sampler = self.sampler
        self.order.copy_(torch.cat(sampler.batches()))
        keys = (0, 0) if sampler.seed is None or sampler.fixed else (1 + sampler.seed, sampler.epoch)
        self.generator.manual_seed(seed_for("dynamic binarisation", *keys, sampler.rank))
        self.position = 0
        state, self.restored = self.restored, {}
        if state.get("epoch") == sampler.epoch:
            self.position = state["position"]
            self.generator.set_state(state["generator"].cpu())
        starts = [0, *accumulate(self.sizes)]
        while self.position < len(self):
            start, size = starts[self.position], self.sizes[self.position]
            self.position += 1
            yield self.serve(self.order[start : start + size])

    def serve(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The images of these numbers, (B,) or (B, orders), and their labels."""
        x = self.images.index_select(0, indices.flatten()).unflatten(0, indices.shape).float().div_(255)
        if self.dynamic:
            x = torch.bernoulli(x, generator=self.generator)
        low, high = self.pixel_range
        if (low, high) != (0, 1):
            x = x.mul_(high - low).add_(low)
        return x, self.labels[indices]

    def state_dict(self) -> dict[str, Any]:
        return {"epoch": self.sampler.epoch, "position": self.position, "generator": self.generator.get_state()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.restored = state_dict
