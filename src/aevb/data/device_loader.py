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

    A sampler of several orders has x (B, orders, C, H, W) and labels (B, orders); what each order gets is what it would
    get alone.

    There are no worker processes, no PIL and no copies from host to device beyond one order of indices an epoch.
    Lightning saves and restores where it is in its epoch.

    images: uint8 (N, C, H, W). labels: int64 (N,).
    pixel_range: the numbers that the grey levels 0 and 255 become.
    dynamic: draw each pixel from Bernoulli(grey level), anew each epoch where the sampler shuffles anew.
    shares: int64 (M, orders), which M of the images each order is one of; None: all of them.

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
        shares: Tensor | None = None,
    ) -> None:
        self.images = images
        self.labels = labels
        self.sampler = sampler
        self.dynamic = dynamic
        self.pixel_range = pixel_range
        self.sizes = sampler.sizes()
        self.batch_size = self.sizes[0]
        self.full_batches = self.sizes.count(self.batch_size)
        self.shares = shares
        self.order = self._next_order().to(images.device)
        copies = self.order.shape[1] if self.order.ndim == 2 else 1
        self.generators = [torch.Generator(images.device) for _ in range(copies)]
        self.position = 0
        self.restored: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.sizes)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        sampler = self.sampler
        self.order.copy_(self._next_order())
        for i, generator in enumerate(self.generators):
            keys = (0, 0) if sampler.seed is None or sampler.fixed else (1 + sampler.seed + i, sampler.epoch)
            generator.manual_seed(seed_for("dynamic binarisation", *keys, sampler.rank))
        self.position = 0
        state, self.restored = self.restored, {}
        if state.get("epoch") == sampler.epoch:
            self.position = state["position"]
            for generator, restored in zip(self.generators, state["generators"], strict=True):
                generator.set_state(restored.cpu())
        starts = [0, *accumulate(self.sizes)]
        while self.position < len(self):
            start, size = starts[self.position], self.sizes[self.position]
            self.position += 1
            yield self.serve(self.order[start : start + size])

    def serve(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The images of these numbers, (B,) or (B, orders), and their labels."""
        by_order = indices.t()  # (orders, B): each order's images lie together in memory, as if it were alone
        x = self.images.index_select(0, by_order.flatten()).unflatten(0, by_order.shape).float().div_(255)
        if self.dynamic:
            x = self._drawn(x)
        low, high = self.pixel_range
        if (low, high) != (0, 1):
            x = x.mul_(high - low).add_(low)
        return x if indices.ndim == 1 else x.transpose(0, 1), self.labels[indices]

    def state_dict(self) -> dict[str, Any]:
        states = [generator.get_state() for generator in self.generators]
        return {"epoch": self.sampler.epoch, "position": self.position, "generators": states}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.restored = state_dict

    def _next_order(self) -> Tensor:
        """The images of this device in the order of the sampler's epoch: (N,) or (N, orders)."""
        order = torch.cat(self.sampler.batches())
        if self.shares is None:
            return order
        return self.shares.gather(0, order) if order.ndim == 2 else self.shares[order]

    def _drawn(self, x: Tensor) -> Tensor:
        """Pixels drawn from Bernoulli(grey level): (B, C, H, W) or (orders, B, C, H, W), each order by itself."""
        if len(self.generators) == 1:
            return torch.bernoulli(x, generator=self.generators[0])
        each = zip(x, self.generators, strict=True)
        return torch.stack([torch.bernoulli(part, generator=generator) for part, generator in each])
