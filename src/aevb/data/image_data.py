"""Training, validation and test images of one data set."""

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import torch
from torch import Tensor

from aevb.checks import interval, one_of, whole_number
from aevb.data.binarize import CHOICES, binarize_once
from aevb.data.colours import with_channels
from aevb.data.device_loader import DeviceLoader
from aevb.data.fit_size import WAYS, fit_size
from aevb.data.read_images import NO_LABEL, read_images
from aevb.data.shuffle import Shuffle
from aevb.seeding import generator_for

Images = tuple[Tensor, Tensor]  # uint8 (N, C, H, W), and labels
OF_THE_SET = ("path", "root")  # in a configuration beside the options of ImageData, for the set to take
SPLITS = ("train", "val", "test")


class ImageData:
    """A data set as uint8 tensors, split in three, served in shuffled batches from the device that holds it.

    The official test images are the test set; of a set without any, some are set apart, whatever `seed` is, so that
    models of several seeds are tested on the same images. Validation is a split of the training images that depends on
    `seed` alone; the rest, in their own order, are trained on. Nothing is read before `load`.

    dataset: makes an object with `data` and `targets` from train=True or False, such as a partial of
        torchvision.datasets.MNIST.
    channels: 1 or 3; grey images become coloured ones of equal channels, and coloured ones their luminance.
    image_size: the side of square images. height, width: in its place, those of others.
    fit: auto, crop, pad or resize: what is done with images of another size; see `fit_size`.
    batch_size: images in a batch, on each device.
    val_size: how many training images to set apart, or which share of them; 0 for none.
    test_size: how many images to set apart for testing, or which share, of a set without test images of its own; None
        is a tenth.
    limit: train on the first `limit` remaining training images only; None for all.
    binarize: none, threshold, dynamic or static; see `binarize_once` and DeviceLoader.
    range: the numbers that black and white become, [0, 1] or [-1, 1], say.
    seed: decides the split and the order of the batches.
    orders: how many seeds are served side by side, seed, seed + 1, …, each with its own split and order: batches for
        training and validation are then (B, orders, C, H, W). What has no such dimension is that of `seed`.
    stream: online learning. An epoch has the next `stream` training images of a single pass, in which each is served
        once; a divisor of their number. None: each epoch is a pass.

    >>> from aevb.data import Digits
    >>> data = ImageData(Digits, channels=1, image_size=8, batch_size=100, val_size=300).load()
    >>> data.sizes
    {'train': 1200, 'val': 300, 'test': 297}
    >>> x, labels = next(iter(data.loader("train")))
    >>> x.shape, labels.shape
    (torch.Size([100, 1, 8, 8]), torch.Size([100]))
    """

    def __init__(
        self,
        dataset: Callable[..., Any],
        channels: int,
        image_size: int | None = None,
        batch_size: int = 128,
        val_size: float = 0,
        limit: int | None = None,
        binarize: str = "none",
        range: Sequence[float] = (0.0, 1.0),
        seed: int = 0,
        orders: int = 1,
        stream: int | None = None,
        height: int | None = None,
        width: int | None = None,
        fit: str = "auto",
        test_size: float | None = None,
    ) -> None:
        self.dataset = dataset
        size = None if image_size is None else whole_number("image_size", image_size)
        sides = (_side("height", height, size), _side("width", width, size))
        self.image_shape = (whole_number("channels", channels), *sides)
        self.fit = one_of("fit", fit, WAYS)
        self.batch_size = whole_number("batch_size", batch_size)
        self.val_size = _count_or_share("val_size", val_size)
        self.test_size = None if test_size is None else _count_or_share("test_size", test_size, at_least=1)
        self.limit = None if limit is None else whole_number("limit", limit)
        self.binarize = one_of("binarize", binarize, CHOICES)
        self.pixel_range = interval("range", range)
        self.seed = whole_number("seed", seed, at_least=0)
        self.orders = whole_number("orders", orders)
        self.stream = None if stream is None else whole_number("stream", stream)
        self.splits: dict[str, tuple[Tensor, Tensor]] = {}
        self.shares: dict[str, Tensor] = {}  # of several orders: which images of `splits` each has, (N, orders)

    def download(self) -> None:
        """Download and extract, once on each machine; UserError where that is not possible."""
        if hasattr(getattr(self.dataset, "func", self.dataset), "resources"):  # of torchvision
            read_images(self.dataset, train=True)

    def load(self) -> "ImageData":
        """Fill `splits`: train, val and test, each (images, labels) with images uint8 (N, C, H, W); returns itself.

        Raises UserError where the files cannot be read, and ValueError where they do not suit the arguments.
        """
        if self.splits:
            return self
        (images, labels), test = self._with_test_images(self._read(train=True), self._read(train=False))
        num_val = _count(self.val_size, len(images))
        if num_val >= len(images):
            raise ValueError(f"val_size={self.val_size}: expected fewer than the {len(images)} training images")
        left = len(images) - num_val
        if self.limit is not None and self.limit > left:
            raise ValueError(f"limit={self.limit}: {left} training images are left beside val_size={self.val_size}")
        each = [self._split(len(images), seed) for seed in range(self.seed, self.seed + self.orders)]
        train, val = each[0]
        if self.stream is not None and len(train) % self.stream:
            divisor = next(n for n in range(min(self.stream, len(train)), 0, -1) if len(train) % n == 0)
            raise ValueError(
                f"stream={self.stream}: expected a divisor of the {len(train)} training images, such as {divisor}"
            )
        if self.orders > 1:
            self.splits = {"train": (images, labels), "val": (images, labels), "test": test}
            self.shares = {name: torch.stack(own, 1) for name, *own in zip(("train", "val"), *each, strict=True)}
            return self
        self.splits = {
            "train": (images[train], labels[train]),
            "val": (images[val], labels[val]),
            "test": test,
        }
        return self

    def of_order(self, i: int) -> "ImageData":
        """The data of seed + i alone, loaded."""
        alone = copy(self)
        alone.seed, alone.orders, alone.shares = self.seed + i, 1, {}
        alone.splits = {split: self._of_order(split, i) for split in self.splits}
        return alone

    @property
    def max_epochs(self) -> int | None:
        """The epochs that a stream has; None where there is no stream, and no end."""
        return None if self.stream is None else self.sizes["train"] // self.stream

    @property
    def sizes(self) -> dict[str, int]:
        """The number of images in each split."""
        return {split: len(self.shares.get(split, labels)) for split, (_, labels) in self.splits.items()}

    def loader(
        self, split: str, device: torch.device | str = "cpu", rank: int = 0, world_size: int = 1, sample: bool = False
    ) -> DeviceLoader:
        """Batches of a split, shuffled anew each epoch for train and in their own order for val and test.

        device: where the images are kept from now on. rank, world_size: which of how many devices.
        sample: in one random order every time, for whoever takes the first batches only; for val and test it is the
            same with every seed.
        """
        images, labels = (tensor.to(device) for tensor in self.splits[one_of("split", split, SPLITS)])
        self.splits[split] = images, labels
        other = 0 if sample else None
        seed, orders, stream = (self.seed, self.orders, self.stream) if split == "train" else (other, 1, None)
        sampler = Shuffle(self.sizes[split], self.batch_size, seed, rank, world_size, orders, stream, fixed=sample)
        shares = self.shares.get(split)
        return DeviceLoader(images, labels, sampler, self.binarize == "dynamic", self.pixel_range, shares)

    def smallest_batch(self, world_size: int = 1) -> int:
        """The number of images in the smallest training batch of an epoch, on any of the devices."""
        sampler = Shuffle(self.sizes["train"], self.batch_size, None, world_size - 1, world_size, stream=self.stream)
        return min(sampler.sizes())

    def images(self, split: str, n: int | None = None) -> tuple[Tensor, Tensor | None]:
        """The first n images of train, val (train if there are none) or test, as they are served, and their labels.

        None for labels where any image has none.
        """
        one_of("split", split, SPLITS)
        images, labels = self._of_order("train" if split == "val" and not self.val_size else split, 0)
        n = len(images) if n is None else min(whole_number("n", n), len(images))
        sampler = Shuffle(n, n, seed=None)
        x, y = next(iter(DeviceLoader(images, labels, sampler, self.binarize == "dynamic", self.pixel_range)))
        return x, None if (y == NO_LABEL).any() else y

    def _split(self, num_images: int, seed: int) -> tuple[Tensor, Tensor]:
        """Which of the official training images a seed trains on, and which it sets apart."""
        order = torch.randperm(num_images, generator=generator_for("split", seed))
        val, rest = order.tensor_split([_count(self.val_size, num_images)])
        return rest.sort().values[: self.limit], val.sort().values

    def _with_test_images(self, train: Images, test: Images) -> tuple[Images, Images]:
        """Images and labels for training and for testing, as the set has them, or as they are set apart."""
        images, labels = train
        if len(test[0]):
            if self.test_size is not None:
                raise ValueError(f"test_size={self.test_size}: this data set has {len(test[0])} test images of its own")
            return train, test
        if len(images) < 3:
            raise ValueError(f"dataset: {len(images)} images are too few to train, validate and test with: expected 3")
        num_test = _count(0.1 if self.test_size is None else self.test_size, len(images))
        if num_test >= len(images):
            raise ValueError(
                f"test_size={self.test_size}: expected fewer than all {len(images)} images, and at least 1"
            )
        order = torch.randperm(len(images), generator=generator_for("test split", len(images)))
        apart, rest = (part.sort().values for part in order.tensor_split([num_test]))
        return (images[rest], labels[rest]), (images[apart], labels[apart])

    def _of_order(self, split: str, i: int) -> tuple[Tensor, Tensor]:
        """The images of a split for seed + i, and their labels."""
        images, labels = self.splits[split]
        if split not in self.shares:
            return images, labels
        share = self.shares[split][:, i].to(images.device)
        return images[share], labels[share]

    def _read(self, train: bool) -> tuple[Tensor, Tensor]:
        images, labels = read_images(self.dataset, train)
        channels, height, width = self.image_shape
        fitted = with_channels(fit_size(images, height, width, self.fit), channels)
        return binarize_once(fitted, self.binarize), labels


def _count_or_share(name: str, value: float, at_least: int = 0) -> float:
    """A whole number, or a share below 1."""
    if isinstance(value, float) and 0 < value < 1:
        return value
    return whole_number(name, value, at_least=at_least)


def _count(size: float, num_images: int) -> int:
    """The number of images that a count or a share of them is; at least one of a share."""
    return max(1, round(size * num_images)) if 0 < size < 1 else int(size)


def _side(name: str, given: int | None, size: int | None) -> int:
    if given is None and size is None:
        raise ValueError(f"{name} is missing: give height and width, or image_size for square images")
    return whole_number(name, size if given is None else given)
