"""Batches sliced from tensors that are already where they are needed."""

from collections.abc import Iterator

import torch
from torch import Tensor

from src.data.shuffle import Shuffle
from src.seeding import generator_for


class DeviceLoader:
    """Yields (x, labels): float32 (B, C, H, W) in [0, 1] and int64 (B,), on the device that holds the images.

    There are no worker processes, no PIL and no copies from host to device beyond one order of indices an epoch.

    images: uint8 (N, C, H, W). labels: int64 (N,).
    dynamic: draw each pixel from Bernoulli(grey level), anew each epoch where the sampler shuffles.
    """

    batch_sampler = None  # Lightning looks for it, as on a DataLoader, and then for `sampler`

    def __init__(self, images: Tensor, labels: Tensor, sampler: Shuffle, dynamic: bool = False) -> None:
        self.images = images
        self.labels = labels
        self.sampler = sampler
        self.dynamic = dynamic

    def __len__(self) -> int:
        return len(self.sampler)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        device, sampler = self.images.device, self.sampler
        keys = (0, 0) if sampler.seed is None else (1 + sampler.seed, sampler.epoch)
        generator = generator_for("dynamic binarisation", *keys, sampler.rank, device=device)
        batches = sampler.batches()
        order = torch.cat(batches).to(device)
        for indices in order.split([len(batch) for batch in batches]):
            x = self.images[indices].float().div_(255)
            yield torch.bernoulli(x, generator=generator) if self.dynamic else x, self.labels[indices]
