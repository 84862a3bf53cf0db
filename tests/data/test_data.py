"""Splits, orders, shares and pixels of the data."""

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from aevb.data import Digits, ImageData
from aevb.data.binarize import binarize_once
from aevb.data.device_loader import DeviceLoader
from aevb.data.fit_size import fit_size
from aevb.data.shuffle import Shuffle
from aevb.errors import UserError
from aevb.train import ImageDataModule


class Numbered:
    """Images that say which they are: two pixels of image i are the bytes of i."""

    def __init__(self, train: bool, n: int = 1000) -> None:
        numbers = torch.arange(n) if train else torch.arange(n, n + 100)
        self.data = torch.stack([numbers // 256, numbers % 256] * 2, dim=1).to(torch.uint8).reshape(-1, 2, 2)
        self.targets = numbers


class Colour:
    """Colour images, channels last, as torchvision's CIFAR10 has them."""

    def __init__(self, train: bool) -> None:
        self.data = torch.arange(5 * 4 * 4 * 3).reshape(5, 4, 4, 3).to(torch.uint8).numpy()
        self.targets = [0, 1, 2, 3, 4]


def digits(**options: Any) -> ImageData:
    arguments = {"dataset": Digits, "channels": 1, "image_size": 8, "batch_size": 64, "val_size": 300, "seed": 0}
    return ImageData(**{**arguments, **options}).load()


def numbers_in(split: tuple[Tensor, Tensor]) -> list[int]:
    return split[1].tolist()


def numbered(**options: Any) -> ImageData:
    return digits(dataset=Numbered, image_size=2, **{"val_size": 200, **options})


def test_splits_are_disjoint_complete_and_in_order() -> None:
    data = numbered()
    train, val, test = (numbers_in(data.splits[name]) for name in ("train", "val", "test"))
    assert len(val) == 200
    assert not set(train) & set(val)
    assert sorted(train + val) == list(range(1000))
    assert train == sorted(train)
    assert test == list(range(1000, 1100))
    assert data.sizes == {"train": 800, "val": 200, "test": 100}


def test_the_split_depends_on_the_seed_alone() -> None:
    def val(**options: Any) -> list[int]:
        return numbers_in(numbered(**options).splits["val"])

    assert val(seed=1) == val(seed=1, batch_size=7, limit=10)
    assert val(seed=1) != val(seed=2)


def test_limit_trains_on_the_first_images_that_are_left() -> None:
    everything, some = numbered(), numbered(limit=50)
    assert numbers_in(some.splits["train"]) == numbers_in(everything.splits["train"])[:50]
    assert numbers_in(some.splits["val"]) == numbers_in(everything.splits["val"])
    assert numbers_in(numbered(val_size=0, limit=50).splits["train"]) == list(range(50))


def test_without_validation_there_are_no_validation_batches() -> None:
    data = numbered(val_size=0)
    assert ImageDataModule(data).val_dataloader() == []
    assert len(data.splits["train"][1]) == 1000
    assert len(data.images("val", 10)[0]) == 10


@pytest.mark.parametrize("n", [7, 64, 100, 129, 1000])
@pytest.mark.parametrize("batch_size", [1, 10, 64])
@pytest.mark.parametrize("world_size", [1, 2, 3, 7])
def test_every_image_is_served_once_on_any_number_of_devices(n: int, batch_size: int, world_size: int) -> None:
    shares = []
    for rank in range(world_size):
        shuffle = Shuffle(n, batch_size, seed=3, rank=rank, world_size=world_size)
        shuffle.set_epoch(2)
        shares.append(shuffle.batches())
        assert len(shuffle) == len(shares[-1])
        assert all(1 <= len(batch) <= batch_size + 1 for batch in shares[-1])
    assert len({len(share) for share in shares}) == 1
    assert sorted(torch.cat([batch for share in shares for batch in share]).tolist()) == list(range(n))


def test_one_device_gets_full_batches_and_a_rest() -> None:
    assert [len(batch) for batch in Shuffle(130, 64, seed=0).batches()] == [64, 64, 2]


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        shuffle = Shuffle(100, 8, seed)
        for visited in range(epoch + 1):
            shuffle.set_epoch(visited)
        return torch.cat(shuffle.batches()).tolist()

    fresh = Shuffle(100, 8, 1)
    fresh.set_epoch(4)
    assert torch.cat(fresh.batches()).tolist() == order(1, 4)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_evaluation_keeps_the_order() -> None:
    assert torch.cat(Shuffle(100, 8, seed=None).batches()).tolist() == list(range(100))


def test_batches_are_the_images_with_their_labels() -> None:
    x, labels = next(iter(digits().loader("train")))
    assert x.dtype == torch.float32
    assert x.shape == (64, 1, 8, 8)
    source = Digits(train=True)
    assert labels is not None
    for image, label in zip(x[:5], labels[:5], strict=True):
        matches = (source.data.float() / 255 == image[0]).flatten(1).all(1)
        assert label in source.targets[matches]


@pytest.mark.parametrize("binarize", ["none", "threshold", "dynamic"])
def test_the_range_is_a_straight_line_through_the_grey_levels(binarize: str) -> None:
    grey, _ = digits(binarize=binarize).images("test")
    x, _ = digits(binarize=binarize, range=[-1, 1]).images("test")
    assert (x.min(), x.max()) == (-1, 1)
    torch.testing.assert_close(x, 2 * grey - 1)
    served, _ = next(iter(digits(binarize=binarize, range=(-1, 1)).loader("train")))
    again, _ = next(iter(digits(binarize=binarize).loader("train")))
    torch.testing.assert_close(served, 2 * again - 1)


@pytest.mark.parametrize("wrong", [[1, -1], [0], "01", [0, float("inf")], [True, 2], 5])
def test_a_range_that_is_none(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"range=.*expected"):
        digits(range=wrong)


def test_too_few_images_for_the_devices() -> None:
    with pytest.raises(ValueError, match="3 images are too few for 4 devices"):
        Shuffle(3, 1, None, 0, 4)


def changed(**changes: Any) -> Callable[..., Any]:
    """Makes four black images of 6×6 pixels, with other attributes."""
    proper = {"data": torch.zeros(4, 6, 6, dtype=torch.uint8), "targets": torch.arange(4)}
    return lambda train: SimpleNamespace(**{k: v for k, v in {**proper, **changes}.items() if v is not None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": torch.rand(4, 6, 6)}, r"its data are torch\.float32: expected torch\.uint8"),
        ({"data": torch.zeros(4, 36, dtype=torch.uint8)}, r"shape \(4, 36\): expected"),
        ({"data": torch.zeros(4, 6, 6, 5, dtype=torch.uint8)}, r"shape \(4, 6, 6, 5\): expected"),
        ({"data": torch.zeros(0, 6, 6, dtype=torch.uint8), "targets": []}, r"shape \(0, 6, 6\): expected"),
        ({"targets": torch.arange(3)}, r"its targets are .* shape \(3,\): expected whole numbers, \(4,\)"),
        ({"targets": torch.arange(4) + 0.5}, "expected whole numbers"),
        ({"targets": torch.eye(4, dtype=torch.int64)}, "expected whole numbers"),
        ({"targets": None}, "has no attribute 'targets'"),
    ],
)
def test_a_data_set_of_another_kind_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        digits(dataset=changed(**changes), image_size=6, val_size=1)


class TestBinarize:
    images = torch.arange(256, dtype=torch.uint8).repeat(400).reshape(400, 1, 16, 16)

    def mean_of_dynamic(self, seed: int | None, epoch: int = 0) -> Tensor:
        sampler = Shuffle(400, 400, seed=None)
        sampler.seed = seed
        sampler.set_epoch(epoch)
        x, _ = next(iter(DeviceLoader(self.images, torch.zeros(400), sampler, dynamic=True)))
        assert set(x.unique().tolist()) == {0, 1}
        return x.mean(0)

    def test_dynamic_has_the_grey_level_as_its_mean(self) -> None:
        grey = self.images[0] / 255
        error = (self.mean_of_dynamic(0) - grey) / (grey * (1 - grey) / 400).sqrt().clamp(min=1e-3)
        assert error.abs().max() < 5

    def test_dynamic_changes_with_the_epoch_in_training_and_not_in_evaluation(self) -> None:
        assert not torch.equal(self.mean_of_dynamic(0, epoch=0), self.mean_of_dynamic(0, epoch=1))
        assert torch.equal(self.mean_of_dynamic(0, epoch=1), self.mean_of_dynamic(0, epoch=1))
        assert torch.equal(self.mean_of_dynamic(None, epoch=0), self.mean_of_dynamic(None, epoch=1))

    def test_threshold(self) -> None:
        white = binarize_once(self.images, "threshold") // 255
        assert torch.equal(white.bool(), self.images >= 128)

    def test_static_is_one_draw_with_the_right_mean(self) -> None:
        once, again = binarize_once(self.images, "static"), binarize_once(self.images, "static")
        assert torch.equal(once, again)
        assert set(once.unique().tolist()) == {0, 255}
        grey = self.images[0] / 255
        error = ((once / 255).mean(0) - grey) / (grey * (1 - grey) / 400).sqrt().clamp(min=1e-3)
        assert error.abs().max() < 5

    def test_none_leaves_the_grey_levels(self) -> None:
        assert torch.equal(binarize_once(self.images, "none"), self.images)

    def test_an_unknown_choice_names_the_choices(self) -> None:
        with pytest.raises(ValueError, match="none, threshold, dynamic, static"):
            digits(binarize="grey")


class TestFitSize:
    def test_a_small_border_keeps_every_pixel(self) -> None:
        images = torch.randint(1, 256, (3, 1, 28, 28), dtype=torch.uint8)
        padded = fit_size(images, 32, 32)
        assert torch.equal(padded[..., 2:30, 2:30], images)
        assert padded.float().sum() == images.float().sum()

    @pytest.mark.parametrize("size", [7, 8, 14, 28, 29, 64])
    def test_the_size_comes_out_and_the_brightness_stays(self, size: int) -> None:
        images = Digits(train=False).data.unsqueeze(1)
        fitted = fit_size(images, size, size)
        assert fitted.shape == (297, 1, size, size)
        assert fitted.dtype == torch.uint8
        if size > 12:
            assert fitted.float().mean().item() == pytest.approx(images.float().mean().item(), rel=0.05)

    def test_the_same_size_changes_nothing(self) -> None:
        images = torch.randint(0, 256, (3, 3, 9, 9), dtype=torch.uint8)
        assert torch.equal(fit_size(images, 9, 9), images)

    @pytest.mark.parametrize(
        ("fit", "height", "width"),
        [("crop", 20, 20), ("pad", 20, 20), ("resize", 20, 20), ("auto", 24, 20), ("auto", 50, 44), ("pad", 21, 90)],
    )
    def test_a_disc_stays_round_but_where_it_is_stretched(self, fit: str, height: int, width: int) -> None:
        rows, columns = torch.meshgrid(torch.arange(48) - 23.5, torch.arange(40) - 19.5, indexing="ij")
        disc = ((rows.square() + columns.square() < 15**2) * 255).to(torch.uint8)
        fitted = fit_size(disc[None, None], height, width, fit)
        assert fitted.shape == (1, 1, height, width)
        tall, wide = ((fitted[0, 0] > 127).any(axis).sum().item() for axis in (1, 0))
        assert (abs(tall - wide) <= 1) == (fit != "resize"), (tall, wide)
        weights = fitted[0, 0].float().sum(0)
        assert ((torch.arange(width) * weights).sum() / weights.sum()).item() == pytest.approx((width - 1) / 2, abs=0.6)


def test_colour_images_become_channels_first() -> None:
    data = digits(dataset=Colour, channels=3, image_size=4, val_size=1, batch_size=2)
    images, _ = data.splits["test"]
    assert images.shape == (5, 3, 4, 4)
    assert torch.equal(images[2, :, 1, 3], torch.as_tensor(Colour(False).data)[2, 1, 3])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": -1}, "batch_size=-1"),
        ({"batch_size": 2.5}, "batch_size=2.5"),
        ({"val_size": -1}, "val_size=-1"),
        ({"val_size": 1500}, "val_size=1500: expected fewer than the 1500"),
        ({"limit": 0}, "limit=0"),
        ({"limit": 1201}, "limit=1201: 1200 training images"),
        ({"stream": 0}, "stream=0"),
        ({"stream": 700}, "stream=700: expected a divisor of the 1200 training images, such as 600"),
        ({"stream": 2000}, "stream=2000: expected a divisor of the 1200 training images, such as 1200"),
        ({"channels": 2}, "channels=2: the images of this data set have 1"),
        ({"image_size": None}, "height is missing: give height and width, or image_size"),
        ({"image_size": None, "height": 8}, "width is missing"),
        ({"height": 6}, r"images of 8×8 pixels have another ratio of height to width than 6×8"),
        ({"fit": "stretch"}, "fit='stretch'"),
        ({"image_size": 0}, "image_size=0"),
    ],
)
def test_impossible_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        digits(**options)


def test_digits_keep_their_grey_levels() -> None:
    train, test = Digits(train=True), Digits(train=False)
    assert len(train.data) + len(test.data) == 1797
    assert train.data.max() == 255
    assert len(train.data.unique()) == 17
    assert set(test.targets.tolist()) == set(range(10))


def test_a_partial_is_as_good_as_a_class() -> None:
    assert digits(dataset=partial(Digits)).sizes == digits().sizes


def test_several_orders_are_those_of_the_seeds_one_by_one() -> None:
    together = Shuffle(10, 4, seed=5, orders=3)
    together.set_epoch(2)
    for i in range(3):
        alone = Shuffle(10, 4, seed=5 + i)
        alone.set_epoch(2)
        for batch, expected in zip(together.batches(), alone.batches(), strict=True):
            assert torch.equal(batch[:, i], expected)


@pytest.mark.parametrize("world_size", [1, 2, 3])
@pytest.mark.parametrize("stream", [1000, 200, 50, 8])
def test_a_stream_is_one_pass_cut_into_epochs(stream: int, world_size: int) -> None:
    whole = torch.cat(Shuffle(1000, 16, seed=3).batches())
    for epoch in range(1000 // stream):
        shares = []
        for rank in range(world_size):
            shuffle = Shuffle(1000, 16, 3, rank, world_size, stream=stream)
            shuffle.set_epoch(epoch)
            shares.append(shuffle.batches())
            assert [len(batch) for batch in shares[-1]] == shuffle.sizes()
        assert len({len(share) for share in shares}) == 1
        served = torch.cat([batch for share in shares for batch in share])
        assert sorted(served.tolist()) == sorted(whole[epoch * stream :][:stream].tolist())


def test_a_stream_of_full_batches_has_the_batches_of_a_pass() -> None:
    streamed = []
    shuffle = Shuffle(100, 10, seed=3, orders=2, stream=50)
    for epoch in range(2):
        shuffle.set_epoch(epoch)
        streamed += shuffle.batches()
    for batch, expected in zip(streamed, Shuffle(100, 10, seed=3, orders=2).batches(), strict=True):
        assert torch.equal(batch, expected)


def test_the_epochs_of_a_stream_serve_each_training_image_once() -> None:
    data = numbered(stream=160)
    assert data.max_epochs == 5
    assert numbered().max_epochs is None
    loader, served = data.loader("train"), []
    for epoch in range(5):
        loader.sampler.set_epoch(epoch)
        labels = torch.cat([y for _, y in loader])
        assert len(labels) == 160
        served += labels.tolist()
    assert sorted(served) == numbers_in(data.splits["train"])
    assert served != sorted(served)
    assert [len(y) for _, y in data.loader("val")] == [64, 64, 64, 8]


def test_a_part_of_a_stream_must_do_for_all_devices() -> None:
    with pytest.raises(ValueError, match="2 images are too few for 3 devices"):
        Shuffle(12, 4, 0, 0, 3, stream=2)
