"""Images in files of arrays: what is in them comes out, and what is not images is refused in one message."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from aevb.data import ArraySet, ImageData
from aevb.data.grey_levels import grey_levels
from aevb.errors import UserError
from tests.conftest import RunCommand

N, H, W = 20, 6, 5
PIXELS = np.random.default_rng(0).integers(0, 256, (N, H, W, 3)).astype(np.uint8)
LABELS = np.arange(N) % 14


def written(path: Path, images: NDArray[Any], labels: NDArray[Any] | None = None) -> str:
    arrays: dict[str, Any] = {"images": images, **({} if labels is None else {"labels": labels})}
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    elif path.suffix == ".npy":
        np.save(path, images)
    else:
        torch.save({name: torch.from_numpy(array) for name, array in arrays.items()}, path)
    return str(path)


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".pt"])
@pytest.mark.parametrize("layout", ["channels last", "channels first", "grey"])
@pytest.mark.parametrize("kind", ["uint8", "float", "uint16"])
def test_the_pixels_of_a_file_are_those_of_the_data(tmp_path: Path, suffix: str, layout: str, kind: str) -> None:
    images: NDArray[Any] = PIXELS[..., 0] if layout == "grey" else PIXELS
    images = np.moveaxis(images, -1, 1) if layout == "channels first" else images
    images = {"uint8": images, "float": images.astype(np.float64) / 255, "uint16": images.astype(np.uint16) * 257}[kind]
    path = written(tmp_path / f"x{suffix}", images)
    shape = (1 if layout == "grey" else 3, H, W)
    assert ArraySet.shape(path) == shape
    options: dict[str, Any] = {"channels": shape[0], "height": H, "width": W, "val_size": 0, "test_size": 1}
    data = ImageData(partial(ArraySet, path=path), **options).load()
    found = torch.cat([data.splits["train"][0], data.splits["test"][0]])
    expected = torch.from_numpy(PIXELS[..., : shape[0]]).permute(0, 3, 1, 2)
    assert sorted(found.flatten(1).tolist()) == sorted(expected.flatten(1).tolist())


def data_of(path: str, **options: Any) -> ImageData:
    return ImageData(partial(ArraySet, path=path), channels=3, height=H, width=W, **options)


def test_test_images_are_the_same_for_every_seed_and_validation_images_are_not(tmp_path: Path) -> None:
    path = written(tmp_path / "x.npz", PIXELS, LABELS)
    first, second = (data_of(path, val_size=0.25, test_size=0.2, seed=seed).load() for seed in (0, 1))
    assert first.sizes == {"train": 12, "val": 4, "test": 4}
    assert torch.equal(first.splits["test"][0], second.splits["test"][0])
    assert not torch.equal(first.splits["val"][0], second.splits["val"][0])
    together = sorted(image for split in first.splits.values() for image in split[0].flatten(1).tolist())
    assert together == sorted(PIXELS.transpose(0, 3, 1, 2).reshape(N, -1).tolist())


def test_a_file_has_test_images_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=PIXELS[:15], y_train=LABELS[:15], x_test=PIXELS[15:], y_test=LABELS[15:])
    data = data_of(str(path), val_size=5).load()
    assert data.splits["test"][1].tolist() == LABELS[15:].tolist()
    with pytest.raises(ValueError, match="test_size=3: this data set has 5 test images of its own"):
        data_of(str(path), test_size=3).load()


def test_images_without_labels_have_none(tmp_path: Path) -> None:
    assert data_of(written(tmp_path / "x.npz", PIXELS)).load().images("train")[1] is None
    y = data_of(written(tmp_path / "y.npz", PIXELS, LABELS[:, None])).load().images("train")[1]
    assert y is not None


FLOATS = PIXELS / 255.0
BROKEN = np.where(np.arange(PIXELS.size).reshape(PIXELS.shape) == 7, np.nan, FLOATS)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (BROKEN, None, r"x\.npz: 1 pixels are NaN or infinite"),
        (FLOATS * 2 - 1, None, r"pixels from -1 to 1: expected 0 to 1, or white="),
        (PIXELS.astype(np.int64), None, "pixels of int64: expected uint8, uint16"),
        (PIXELS, LABELS[:3], "20 images and 3 labels"),
        (PIXELS[0, 0], None, r"expected images \(N, H, W\)|has shape"),
        (PIXELS[:0], None, r"shape \(0, 6, 5, 3\)"),
        (PIXELS, LABELS + 0.5, "expected whole numbers"),
    ],
)
def test_what_is_no_set_of_images_is_refused(
    tmp_path: Path, images: NDArray[Any], labels: NDArray[Any] | None, message: str
) -> None:
    with pytest.raises((UserError, ValueError), match=message):
        data_of(written(tmp_path / "x.npz", images, labels)).load()


def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path) -> None:
    for name in ("x.npz", "x.npy", "x.pt", "x.jpg"):
        (tmp_path / name).write_text("hello")
        with pytest.raises(ValueError, match=rf"{name} is not what its name says|expected a file that ends with"):
            ArraySet.shape(str(tmp_path / name))
    whole = (Path(written(tmp_path / "whole.npz", PIXELS))).read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="or was cut short"):
        ArraySet.shape(str(tmp_path / "cut.npz"))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="is not what its name says"):
        ArraySet.shape(str(tmp_path / "objects.npy"))
    torch.save({"images": partial(print)}, tmp_path / "code.pt")
    with pytest.raises(ValueError, match="holds more than tensors"):
        ArraySet.shape(str(tmp_path / "code.pt"))
    with pytest.raises(ValueError, match="there is no file"):
        ArraySet.shape(str(tmp_path / "nowhere.npy"))


def test_the_white_of_twelve_bits_is_named_and_taken(caplog: pytest.LogCaptureFixture) -> None:
    pixels = np.array([0, 2048, 4095], dtype=np.uint16)
    assert grey_levels(pixels).max() < 20
    assert "white=4095 makes it white" in caplog.text
    assert grey_levels(pixels, white=4095).tolist() == [0, 128, 255]


def test_a_run_of_them_is_trained_drawn_and_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand
) -> None:
    from aevb.draw import main as draw
    from aevb.evaluate import main as evaluate
    from aevb.train import main as train

    monkeypatch.chdir(tmp_path)
    written(tmp_path / "x.npz", np.tile(FLOATS, (4, 1, 1, 1)))
    small = ("trainer=cpu", "trainer.max_epochs=1", "encoder.hidden_sizes=[8]", "hydra.run.dir=run")
    code, output, errors = run_command(train, "train", "data=array", "data.path=x.npz", *small, "figures=[]")
    assert code == 0, errors
    assert "array, 8 test images" in output
    assert run_command(draw, "draw", "run=run", "figures=[reconstructions,latent_scatter]")[0] == 0
    code, output, errors = run_command(evaluate, "evaluate", "run=run", "sections=[elbo,probes]")
    assert code == 0, errors
    assert "have no labels" in output + errors
