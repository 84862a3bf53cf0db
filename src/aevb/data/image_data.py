"""Training, validation and test images of one data set."""

from collections.abc import Callable
from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor

from aevb.data.binarize import CHOICES, binarize_once
from aevb.data.device_loader import DeviceLoader
from aevb.data.fit_size import fit_size
from aevb.data.read_images import read
from aevb.data.shuffle import Shuffle
from aevb.errors import UserError, whole_number
from aevb.seeding import generator_for


class ImageDataModule(LightningDataModule):
    """A data set as uint8 tensors on the training device, served in shuffled batches.

    The official test images are the test set. Validation is a split of the training images that depends on `seed`
    alone; the rest, in their own order, are trained on.

    dataset: makes an object with `data` and `targets` from train=True or False, such as a partial of
        torchvision.datasets.MNIST.
    channels, image_size: the shape of the images served, (channels, image_size, image_size); see `fit_size`.
    batch_size: images in a batch, on each device.
    val_size: how many training images to set apart; 0 for none.
    limit: train on the first so many of the images that are left; None for all.
    binarize: none, threshold, dynamic or static; see `binarize_once` and DeviceLoader.
    seed: decides the split and the order of the batches.
    orders: how many orders to train in side by side, for replicas: of seed, seed + 1, …; batches are then
        (B, orders, C, H, W).
    """

    def __init__(
        self,
        dataset: Callable[..., Any],
        channels: int,
        image_size: int,
        batch_size: int,
        val_size: int = 0,
        limit: int | None = None,
        binarize: str = "none",
        seed: int = 0,
        orders: int = 1,
    ) -> None:
        super().__init__()
        self.dataset = dataset
        self.image_shape = (whole_number("channels", channels), *2 * (whole_number("image_size", image_size),))
        self.batch_size = whole_number("batch_size", batch_size)
        self.val_size = whole_number("val_size", val_size, at_least=0)
        self.limit = None if limit is None else whole_number("limit", limit)
        if binarize not in CHOICES:
            raise ValueError(f"binarize={binarize!r}: expected one of {', '.join(CHOICES)}")
        self.binarize = binarize
        self.seed = whole_number("seed", seed, at_least=0)
        self.orders = whole_number("orders", orders)
        self.splits: dict[str, tuple[Tensor, Tensor]] = {}

    def prepare_data(self) -> None:
        """Download and extract, once on each machine."""
        read(self.dataset, train=True)

    def setup(self, stage: str | None = None) -> None:
        """Fill `splits`: train, val and test, each (images, labels) with images uint8 (N, C, H, W)."""
        if self.splits:
            return
        images, labels = self._read(train=True)
        order = torch.randperm(len(images), generator=generator_for("split", self.seed))
        if self.val_size >= len(images):
            raise UserError(f"data.val_size={self.val_size}: expected fewer than the {len(images)} training images")
        val, rest = order[: self.val_size].sort().values, order[self.val_size :].sort().values
        if self.limit is not None and self.limit > len(rest):
            raise UserError(
                f"data.limit={self.limit}: {len(rest)} training images are left beside data.val_size={self.val_size}"
            )
        train = rest[: self.limit]
        self.splits = {
            "train": (images[train], labels[train]),
            "val": (images[val], labels[val]),
            "test": self._read(train=False),
        }

    @property
    def sizes(self) -> dict[str, int]:
        """The number of images in each split."""
        return {split: len(labels) for split, (_, labels) in self.splits.items()}

    def train_dataloader(self) -> DeviceLoader:
        return self._loader("train", self.seed)

    def val_dataloader(self) -> DeviceLoader | list[DeviceLoader]:
        return self._loader("val", None) if self.val_size else []

    def test_dataloader(self) -> DeviceLoader:
        return self._loader("test", None)

    def to_draw(self, n: int, split: str = "val") -> tuple[Tensor, Tensor]:
        """The first n images of train, val (train if there are none) or test, as they are served, and their labels."""
        if split not in self.splits:
            raise ValueError(f"split={split!r}: expected one of {', '.join(self.splits)}")
        images, labels = self.splits["train" if split == "val" and not self.val_size else split]
        sampler = Shuffle(min(n, len(images)), n, seed=None)
        return next(iter(DeviceLoader(images, labels, sampler, dynamic=self.binarize == "dynamic")))

    def _read(self, train: bool) -> tuple[Tensor, Tensor]:
        images, labels = read(self.dataset, train)
        if images.shape[1] != self.image_shape[0]:
            raise UserError(f"data.channels={self.image_shape[0]}: the images of this data set have {images.shape[1]}")
        return binarize_once(fit_size(images, self.image_shape[-1]), self.binarize), labels

    def _loader(self, split: str, seed: int | None) -> DeviceLoader:
        device, rank, world_size = torch.device("cpu"), 0, 1
        if self.trainer is not None:
            device = self.trainer.strategy.root_device
            rank, world_size = self.trainer.global_rank, self.trainer.world_size
        images, labels = (tensor.to(device) for tensor in self.splits[split])
        self.splits[split] = images, labels
        sampler = Shuffle(len(images), self.batch_size, seed, rank, world_size, self.orders)
        return DeviceLoader(images, labels, sampler, dynamic=self.binarize == "dynamic")
