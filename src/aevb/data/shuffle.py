"""The order of the images, cut into batches."""

import torch
from torch import Tensor

from aevb.seeding import generator_for


class Shuffle:
    """Batches of indices for one device, in an order that is a function of (seed, epoch) alone.

    All devices cut the same order into the same joint batches, of batch_size images for each device, and each takes
    its share of every joint batch. So every image is served once a pass on any number of devices, and all devices
    take equally many steps. Lightning calls `set_epoch` on a loader's `sampler`.

    seed: None keeps the images in their own order.
    orders: how many orders there are side by side, of seed, seed + 1, …; each sees every image once a pass.
    stream: the images of an epoch, a divisor of num_images: epochs follow one another in the order of one pass, until
        each image was served, and only then comes another order. None: an epoch is a pass.
    fixed: every epoch has the order of the first, so that the first batches are the same images every time.
    """

    def __init__(
        self,
        num_images: int,
        batch_size: int,
        seed: int | None,
        rank: int = 0,
        world_size: int = 1,
        orders: int = 1,
        stream: int | None = None,
        fixed: bool = False,
    ) -> None:
        self.num_images = num_images
        self.images_per_epoch = num_images if stream is None else stream
        if self.images_per_epoch < world_size:
            raise ValueError(f"{self.images_per_epoch} images are too few for {world_size} devices")
        self.epochs_per_pass, rest = divmod(num_images, self.images_per_epoch)
        if rest:
            raise ValueError(f"stream={stream}: expected a divisor of {num_images}, the number of images")
        self.joint_batch_size = batch_size * world_size
        self.seed = seed
        self.rank = rank
        self.world_size = world_size
        self.orders = orders
        self.fixed = fixed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def joint_sizes(self) -> list[int]:
        """The number of images in each joint batch; the last is smaller, but leaves no device without an image."""
        full, rest = divmod(self.images_per_epoch, self.joint_batch_size)
        sizes = [self.joint_batch_size] * full
        if rest >= self.world_size or not sizes:
            sizes.append(rest)
        else:
            sizes[-1] += rest
        return sizes

    def sizes(self) -> list[int]:
        """The number of images in each of this device's batches."""
        return [len(range(self.rank, size, self.world_size)) for size in self.joint_sizes()]

    def __len__(self) -> int:
        return len(self.joint_sizes())

    def batches(self) -> list[Tensor]:
        """This device's batches of this epoch: int64 (B,) each, or (B, orders) if there are several orders."""
        passes, part = divmod(0 if self.fixed else self.epoch, self.epochs_per_pass)
        if self.seed is None:
            order = torch.arange(self.num_images)
        else:
            seeds = range(self.seed, self.seed + self.orders)
            generators = [generator_for("shuffle", seed, passes) for seed in seeds]
            order = torch.stack([torch.randperm(self.num_images, generator=g) for g in generators], 1)
            order = order.squeeze(1)
        order = order.split(self.images_per_epoch)[part]
        return [joint[self.rank :: self.world_size] for joint in order.split(self.joint_sizes())]
