"""From one image to another through the latent space, and straight through the pixels."""

from collections.abc import Callable, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.checks import whole_number
from aevb.figures.canvas.latent_path import latent_path
from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.canvas.sheet import sheet
from aevb.figures.canvas.two_images import two_images

COLUMNS = 10  # images in a line


def interpolation(
    x: Tensor,
    y: Tensor,
    encode: Callable[[Tensor], Tensor],
    decode: Callable[[Tensor], Tensor],
    *,
    start: int = 0,
    end: int = 1,
    labels: Sequence[int] | None = None,
    path: str = "linear",
    n: int = 20,
) -> Figure:
    """n decoded codes on the way from one image x₀ (N, C, H, W) to another x₁, over n averages of their pixels.

    The averages (1 - t)·x₀ + t·x₁ are double exposures; codes between two digits may be decoded to digits.

    start, end: their indices. labels: in place of these, two labels (of N); the first image of each is taken.
    path: linear or spherical, of the codes; see `latent_path`.
    """
    if whole_number("n", n) < 2:
        raise ValueError("n=1: a path has at least 2 images")
    ends = x[list(two_images(y, start, end, labels))]
    z_start, z_end = encode(ends)
    t = torch.linspace(0, 1, n)
    first, last = ends.flatten(1)
    pixels = latent_path(first, last, t, "linear").unflatten(1, ends.shape[1:])
    rows = {
        f"codes on a {path} path, decoded": decode(latent_path(z_start, z_end, t, path)),
        "pixels, averaged: $(1 - t)\\,x_0 + t\\,x_1$": pixels,
    }
    columns = min(n, COLUMNS)
    lines = -(-n // columns)
    figure = sheet(0.38 * (columns + 2) + 0.6, 2 * (0.38 * lines + 0.35))
    grid = figure.add_gridspec(len(rows), 3, width_ratios=[1, columns, 1], wspace=0.01)
    panels = [
        ("from $x_0$", ends[:1], grid[:, 0]),
        *((title, images, grid[row, 1]) for row, (title, images) in enumerate(rows.items())),
        ("to $x_1$", ends[1:], grid[:, 2]),
    ]
    for title, images, place in panels:
        axes = figure.add_subplot(place)
        axes.imshow(mosaic(images, columns=min(len(images), columns)), interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(title, fontsize=8)
    return figure
