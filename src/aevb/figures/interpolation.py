"""From one image to another through the latent space."""

from collections.abc import Callable, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.checks import whole_number
from aevb.figures.canvas.latent_path import latent_path
from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.canvas.two_images import two_images


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
    """n decoded codes on the way from one image (N, C, H, W) to another, between the two images themselves.

    start, end: their indices. labels: in place of these, two labels (of N); the first image of each is taken.
    path: linear or spherical; see `latent_path`.
    """
    if whole_number("n", n) < 2:
        raise ValueError("n=1: a path has at least 2 images")
    ends = x[list(two_images(y, start, end, labels))]
    z_start, z_end = encode(ends)
    decoded = decode(latent_path(z_start, z_end, torch.linspace(0, 1, n), path))
    figure = Figure(figsize=(0.62 * (n + 2) + 0.6, 1.2), dpi=100, layout="constrained")
    strips = {"from": ends[:1], f"decoded codes on a {path} path": decoded, "to": ends[1:]}
    grid = figure.add_gridspec(1, 3, width_ratios=[1, n, 1], wspace=0.01)
    for i, (title, images) in enumerate(strips.items()):
        axes = figure.add_subplot(grid[i])
        axes.imshow(mosaic(images, columns=len(images)), interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(title, fontsize=10)
    return figure
