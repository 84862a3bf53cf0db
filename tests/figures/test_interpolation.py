"""Paths through the latent space begin and end where they should."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from aevb.figures import Animation, save
from aevb.figures.canvas.latent_path import latent_path
from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.canvas.two_images import two_images
from aevb.figures.interpolation import interpolation
from aevb.figures.interpolation_gif import interpolation_gif

X = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([5, 1, 3, 3, 7, 1])
TIMES = torch.linspace(0, 1, 11)


def encode(x: Tensor) -> Tensor:
    return x.flatten(1)[:, :4]


def decode(z: Tensor) -> Tensor:
    return z.reshape(-1, 1, 2, 2).repeat_interleave(2, -1).repeat_interleave(2, -2)


@pytest.mark.parametrize("path", ["linear", "spherical"])
def test_a_path_joins_its_ends(path: str) -> None:
    start, end = torch.randn(2, 5, generator=torch.Generator().manual_seed(1)).double()
    codes = latent_path(start, end, TIMES, path)
    assert torch.allclose(codes[0], start)
    assert torch.allclose(codes[-1], end)
    assert torch.allclose(codes.flip(0), latent_path(end, start, TIMES, path))


def test_the_spherical_path_keeps_the_norm_and_the_speed() -> None:
    start, end = torch.nn.functional.normalize(
        torch.randn(2, 5, generator=torch.Generator().manual_seed(2)).double(), dim=1
    )
    codes = latent_path(start, end, TIMES.double(), "spherical")
    assert torch.allclose(codes.norm(dim=1), torch.ones(11).double())
    steps = (codes[1:] * codes[:-1]).sum(1)  # the cosine of each step
    assert torch.allclose(steps, steps[0].expand(10))


@pytest.mark.parametrize("end", [[2.0, 4.0], [-1.0, -2.0], [0.0, 0.0], [1.0, 2.0]])
def test_without_a_great_circle_the_path_is_straight(end: list[float]) -> None:
    start = torch.tensor([1.0, 2.0])
    codes = latent_path(start, torch.tensor(end), TIMES, "spherical")
    assert torch.allclose(codes, latent_path(start, torch.tensor(end), TIMES, "linear"))
    assert codes.isfinite().all()


def test_an_unknown_path_is_named() -> None:
    with pytest.raises(ValueError, match="linear, spherical"):
        latent_path(torch.ones(2), torch.ones(2), TIMES, "geodesic")


@pytest.mark.parametrize("path", ["linear", "spherical"])
def test_the_strip_lies_between_the_images(path: str) -> None:
    figure = interpolation(X, Y, encode, decode, start=2, end=4, path=path, n=20)
    first, strip, pixels, last = (np.asarray(axes.images[0].get_array()) for axes in figure.axes)
    assert np.allclose(first, mosaic(X[2:3], columns=1))
    assert np.allclose(last, mosaic(X[4:5], columns=1))
    assert strip.shape[:2] == (2 * 5 + 1, 10 * 5 + 1)
    z = encode(X)
    assert np.allclose(strip[1:5, 1:5], mosaic(decode(z[2:3]), columns=1), atol=1e-6)
    assert np.allclose(strip[-5:-1, -5:-1], mosaic(decode(z[4:5]), columns=1), atol=1e-6)
    t = torch.linspace(0, 1, 20)[:, None, None, None]
    assert np.allclose(pixels, mosaic((1 - t) * X[2] + t * X[4], columns=10), atol=1e-6)
    assert path in figure.axes[1].get_title()
    assert "pixels" in figure.axes[2].get_title()


def test_labels_choose_the_first_image_of_each() -> None:
    assert two_images(Y, 0, 1, [3, 7]) == (2, 4)
    assert two_images(Y, 0, 1, [1, 1]) == (1, 1)
    for labels in ([3], [3, 9], 3):
        with pytest.raises(ValueError, match=r"\[1, 3, 5, 7\]"):
            two_images(Y, 0, 1, labels)  # type: ignore[arg-type]
    for start, end in ((0, 6), (-1, 0), ("a", 0)):
        with pytest.raises(ValueError, match="0 to 5"):
            two_images(Y, start, end, None)  # type: ignore[arg-type]


def test_the_gif_goes_there_and_back_for_ever(tmp_path: Path) -> None:
    animation = interpolation_gif(X, Y, encode, decode, labels=[3, 7])
    frames = animation.frames
    assert frames.shape == (200, 1, 4, 4)
    assert torch.allclose(frames[0], decode(encode(X)[2])[0])
    assert torch.allclose(frames[100], decode(encode(X)[4])[0])
    assert torch.allclose(frames[1:], frames[1:].flip(0))
    steps = (frames - frames.roll(1, 0)).abs().amax((1, 2, 3))
    assert torch.allclose(steps, steps[0].expand(200), atol=1e-6)  # also from the last to the first

    file = save(animation, tmp_path, "there_and_back")
    assert file.name == "there_and_back.gif"
    with Image.open(file) as gif:
        picture: Any = gif
        assert (picture.n_frames, picture.info["loop"], picture.info["duration"]) == (200, 0, 40)
        assert picture.size == (256, 256)
        assert np.allclose(np.asarray(picture.convert("L"))[::128, ::128] / 255, frames[0, 0, ::2, ::2], atol=0.01)


@pytest.mark.parametrize(("size", "shape", "expected"), [(100, (28, 28), (100, 100)), (90, (30, 10), (30, 90))])
def test_a_gif_has_the_size_that_is_asked_for(
    tmp_path: Path, size: int, shape: tuple[int, int], expected: tuple[int, int]
) -> None:
    Animation(torch.rand(2, 1, *shape), size=size).savefig(tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.size == expected
    with pytest.raises(ValueError, match="size=0"):
        interpolation_gif(X, Y, encode, decode, size=0)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_frames_that_are_alike_stay_frames(tmp_path: Path, channels: int, level: float) -> None:
    Animation(torch.full((6, channels, 4, 4), level)).savefig(tmp_path / "still.gif")
    with Image.open(tmp_path / "still.gif") as gif:
        assert gif.n_frames == 6  # type: ignore[attr-defined]


def test_an_animation_can_have_colours(tmp_path: Path) -> None:
    Animation(torch.rand(3, 3, 8, 8)).savefig(tmp_path / "colours.gif")
    with Image.open(tmp_path / "colours.gif") as gif:
        assert gif.n_frames == 3  # type: ignore[attr-defined]
