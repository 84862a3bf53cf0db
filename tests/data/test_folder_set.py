"""Folders of image files: every kind of them is read as it looks, and what is lost is named."""

import logging
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from aevb.data import FolderSet, ImageData
from aevb.data.decode import decoded, header
from aevb.errors import UserError
from tests.conftest import RunCommand

H, W = 12, 8
PIXELS = np.random.default_rng(0).integers(0, 256, (H, W, 3)).astype(np.uint8)
COLOUR = Image.fromarray(PIXELS)
DEEP = Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 257)
TURNED = {3: "ROTATE_180", 6: "ROTATE_90", 8: "ROTATE_270"}  # by orientation, how the camera had stored it


def photos(folder: Path, n: int = 20, *classes: str) -> Path:
    for i in range(n):
        place = folder / (classes[i % len(classes)] if classes else "")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.roll(PIXELS, i, axis=0)).save(place / f"{i:03d}.png")
    return folder


def read(root: Path, **options: Any) -> ImageData:
    shape = {"channels": 3, "height": H, "width": W, **options}
    corrupt = shape.pop("corrupt", "refuse")
    of_images = {name: shape[name] for name in ("channels", "height", "width", "fit") if name in shape}
    return ImageData(partial(FolderSet, root=str(root), corrupt=corrupt, **of_images), **shape).load()


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".bmp", ".tif", ".tiff", ".webp"])
@pytest.mark.parametrize("mode", ["RGB", "L", "1", "RGBA", "P"])
def test_a_file_looks_as_it_did(tmp_path: Path, suffix: str, mode: str) -> None:
    image = COLOUR.quantize(16) if mode == "P" else COLOUR.convert(mode)
    file = tmp_path / f"x{suffix}"
    lossless: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    image.save(file, **lossless)
    (pixels,) = decoded(file)
    grey = mode in ("L", "1") and suffix != ".webp"
    assert pixels.shape == (H, W, 1 if grey else 3)
    assert header(file) == (H, W, grey)
    expected = np.asarray(image.convert("L" if grey else "RGB"))
    assert np.array_equal(pixels.squeeze(), expected)


def test_what_is_transparent_shows_white_paper(tmp_path: Path) -> None:
    image = COLOUR.convert("RGBA")
    image.putalpha(Image.fromarray(np.repeat([[0], [255]], H * W // 2, 0).reshape(H, W).astype(np.uint8)))
    image.save(tmp_path / "x.png")
    (pixels,) = decoded(tmp_path / "x.png")
    assert (pixels[: H // 2] == 255).all()
    assert np.array_equal(pixels[H // 2 :], PIXELS[H // 2 :])


def test_sixteen_bits_become_eight_and_every_page_of_a_tiff_is_an_image(tmp_path: Path) -> None:
    DEEP.save(tmp_path / "x.png")
    DEEP.save(tmp_path / "x.tif", save_all=True, append_images=[DEEP.transpose(Image.Transpose.FLIP_TOP_BOTTOM)])
    (pixels,) = decoded(tmp_path / "x.png")
    assert np.array_equal(pixels[..., 0], PIXELS[..., 0])
    first, second = decoded(tmp_path / "x.tif")
    assert np.array_equal(first, second[::-1])


@pytest.mark.parametrize("orientation", TURNED)
def test_a_photograph_stands_upright(tmp_path: Path, orientation: int) -> None:
    smooth = COLOUR.resize((W * 8, H * 8), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = orientation
    smooth.transpose(Image.Transpose[TURNED[orientation]]).save(tmp_path / "x.jpg", exif=exif, quality=100)
    (pixels,) = decoded(tmp_path / "x.jpg")
    assert header(tmp_path / "x.jpg")[:2] == pixels.shape[:2] == (H * 8, W * 8)
    assert np.abs(pixels.astype(int) - np.asarray(smooth)).mean() < 5


def test_folders_are_labels_in_the_order_of_their_names(tmp_path: Path) -> None:
    data = read(photos(tmp_path, 21, "b", "a", "c"), val_size=0)
    assert data.sizes == {"train": 19, "val": 0, "test": 2}
    labels = torch.cat([data.splits[split][1] for split in ("train", "test")])
    assert labels.bincount().tolist() == [7, 7, 7]


def test_a_flat_folder_has_no_labels(tmp_path: Path) -> None:
    assert read(photos(tmp_path)).images("train")[1] is None


def test_folders_for_training_and_testing_are_these_splits(tmp_path: Path) -> None:
    photos(tmp_path / "train", 6, "x", "y")
    photos(tmp_path / "test", 4, "x", "y")
    data = read(tmp_path, val_size=2)
    assert data.sizes == {"train": 4, "val": 2, "test": 4}
    assert sorted(data.splits["test"][1].tolist()) == [0, 0, 1, 1]


def test_grey_mixed_with_colour_is_colour_and_sizes_are_common_or_none(tmp_path: Path) -> None:
    photos(tmp_path)
    COLOUR.convert("L").save(tmp_path / "grey.png")
    assert FolderSet.shape(str(tmp_path)) == (3, H, W)
    COLOUR.resize((5, 5)).save(tmp_path / "small.png")
    assert FolderSet.shape(f"{tmp_path}/") == (3, None, None)
    with pytest.raises(UserError, match=r"small\.png: fit=auto: images of 5×5 pixels have another ratio"):
        read(tmp_path)
    assert read(tmp_path, fit="pad").sizes["train"] == 20


def test_a_file_that_cannot_be_read_is_named_and_refused_or_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    photos(tmp_path)
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "cut.png").write_bytes((tmp_path / "000.png").read_bytes()[:100])
    with pytest.raises(UserError, match=r"2 files of .* cannot be read: .*cut\.png.*text\.jpg.*corrupt=skip"):
        read(tmp_path)
    with caplog.at_level(logging.INFO):
        assert sum(read(tmp_path, corrupt="skip").sizes.values()) == 20
    assert "2 files of" in caplog.text
    assert "20 images of 20 files" in caplog.text


def test_files_that_are_no_images_are_not_looked_at(tmp_path: Path) -> None:
    photos(tmp_path)
    for name in ("notes.txt", ".hidden.png", "Thumbs.db"):
        (tmp_path / name).write_text("x")
    assert sum(read(tmp_path).sizes.values()) == 20


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "there is no image in"),
        (lambda folder: (folder / "x.png").write_text("x"), "none of its 1 files can be read"),
        (lambda folder: photos(folder, 1), "1 images are too few"),
        (lambda folder: folder.rmdir(), "is not a folder"),
    ],
)
def test_a_folder_without_enough_is_refused(tmp_path: Path, make: Any, message: str) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    make(folder)
    with pytest.raises((UserError, ValueError), match=message):
        read(folder, corrupt="skip")


def test_the_command_finds_out_the_shape_and_the_run_knows_its_images_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand
) -> None:
    from aevb.evaluate import main as evaluate
    from aevb.train import main as train

    monkeypatch.chdir(tmp_path)
    photos(tmp_path / "my photos", 40, "a", "b")
    small = ("trainer=cpu", "trainer.max_epochs=1", "encoder.hidden_sizes=[8]", "hydra.run.dir=run", "figures=[]")
    code, output, errors = run_command(train, "train", "data=folder", "data.root=my photos", *small)
    assert code == 0, errors
    assert "folder, 4 test images" in output
    code, output, errors = run_command(evaluate, "evaluate", "run=run", "sections=[elbo]")
    assert code == 0, errors
    COLOUR.resize((5, 5)).save(tmp_path / "my photos" / "a" / "small.png")
    code, _, errors = run_command(train, "train", "data=folder", "data.root=./my photos", *small)
    assert code == 1
    assert "data.root=./my photos: its images have no common size. Say data.height=" in errors
