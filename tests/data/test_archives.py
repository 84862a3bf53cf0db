"""MNIST's archives: verified, extracted, and named when something is wrong with them."""

import gzip
import hashlib
import socket
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from torchvision.datasets import MNIST

from aevb.data.read_images import read_images as read
from aevb.errors import UserError

REPOSITORY = Path(__file__).parents[2]


def idx(array: torch.Tensor) -> bytes:
    """A tensor of bytes in MNIST's file format."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + bytes(array.flatten().tolist())


@pytest.fixture
def tiny_mnist(tmp_path: Path) -> Callable[..., object]:
    """A data set with the layout of MNIST, 20 + 10 images, whose mirrors do not exist."""
    folder = tmp_path / "TinyMNIST" / "raw"
    folder.mkdir(parents=True)
    resources = []
    for prefix, n in (("train", 20), ("t10k", 10)):
        images = torch.arange(n * 784).reshape(n, 28, 28) % 256
        for kind, content in (("images-idx3", images), ("labels-idx1", torch.arange(n) % 10)):
            archive = folder / f"{prefix}-{kind}-ubyte.gz"
            archive.write_bytes(gzip.compress(idx(content)))
            resources.append((archive.name, hashlib.md5(archive.read_bytes()).hexdigest()))
    tiny = type("TinyMNIST", (MNIST,), {"resources": resources, "mirrors": ["http://localhost:9/"]})
    return partial(tiny, root=str(tmp_path), download=True)


def folder_of(dataset: Callable[..., object]) -> Path:
    return Path(dataset.keywords["root"]) / "TinyMNIST" / "raw"  # type: ignore[attr-defined]


def test_the_committed_archives_are_the_official_ones() -> None:
    for name, md5 in MNIST.resources:
        archive = REPOSITORY / "data" / "MNIST" / "raw" / name
        assert hashlib.md5(archive.read_bytes()).hexdigest() == md5


def test_archives_are_extracted_and_read(tiny_mnist: Callable[..., object]) -> None:
    images, labels = read(tiny_mnist, train=True)
    assert images.shape == (20, 1, 28, 28)
    assert images.dtype == torch.uint8
    assert images[1, 0, 0, 0] == 784 % 256
    assert labels.tolist() == [i % 10 for i in range(20)]
    assert read(tiny_mnist, train=False)[0].shape == (10, 1, 28, 28)


def test_a_corrupt_archive_is_named_even_when_it_was_extracted_before(tiny_mnist: Callable[..., object]) -> None:
    read(tiny_mnist, train=True)
    archive = folder_of(tiny_mnist) / "t10k-labels-idx1-ubyte.gz"
    archive.write_bytes(archive.read_bytes()[:-3])
    with pytest.raises(UserError, match=r"t10k-labels-idx1-ubyte\.gz is corrupt.*Delete it"):
        read(tiny_mnist, train=True)


def test_a_corrupt_archive_that_git_tracks_comes_back_from_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    official = [(name, "0" * 32) for name, _ in MNIST.resources]  # as if the file had other bytes
    monkeypatch.setattr(MNIST, "resources", official)
    with pytest.raises(UserError, match="git checkout -- data/MNIST/raw/train-images"):
        read(partial(MNIST, root="data", download=True), train=True)


def test_an_interrupted_extraction_is_done_again(tiny_mnist: Callable[..., object]) -> None:
    complete = read(tiny_mnist, train=True)[0]
    extracted = folder_of(tiny_mnist) / "train-images-idx3-ubyte"
    whole = extracted.read_bytes()
    for damaged in (whole[:1000], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
        extracted.write_bytes(damaged)
        assert torch.equal(read(tiny_mnist, train=True)[0], complete)


def test_archives_are_extracted_without_a_download_and_stay(tiny_mnist: Callable[..., object]) -> None:
    folder = folder_of(tiny_mnist)
    archives = {file: file.read_bytes() for file in folder.iterdir()}
    expected = partial(tiny_mnist.func, root=tiny_mnist.keywords["root"], download=False)  # type: ignore[attr-defined]
    assert read(expected, train=True)[0].shape == (20, 1, 28, 28)
    assert {file: file.read_bytes() for file in archives} == archives
    extracted = {file.with_suffix("") for file in archives}
    assert set(folder.iterdir()) == {*archives, *extracted}, "nothing unfinished is left"


def test_nothing_is_downloaded_unless_it_is_asked_for(
    tiny_mnist: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("a host was asked"))
    next(folder_of(tiny_mnist).glob("train-*")).unlink()
    without = partial(tiny_mnist.func, root=tiny_mnist.keywords["root"], download=False)  # type: ignore[attr-defined]
    with pytest.raises(UserError, match=r"nothing is downloaded here\. Put these files there: train-"):
        read(without, train=True)


def test_missing_archives_and_no_network_say_where_to_put_which_files(
    tiny_mnist: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", no_network)
    for file in folder_of(tiny_mnist).glob("train-*"):
        file.unlink()
    with pytest.raises(UserError, match=r"Put these files there: train-images.*, train-labels") as error:
        read(tiny_mnist, train=True)
    assert str(folder_of(tiny_mnist)) in str(error.value)
    assert "\n" not in str(error.value)
