"""Chosen codes, decoded."""

from collections.abc import Callable, Sequence
from math import ceil

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.errors import NotApplicable
from aevb.figures.canvas.mosaic import mosaic

COLUMNS = 8


def decoded_points(
    decode: Callable[[Tensor], Tensor], z: Tensor, *, points: Sequence[Sequence[float]] | None = None
) -> Figure:
    """The image that each of the points is decoded to, under its coordinates.

    points: codes of D numbers, as many as the codes z (N, D) have.
    """
    if points is None or points == []:
        raise NotApplicable("no points are given: set figures.decoded_points.points=[[0.5,0.5],[0,0]]")
    latent_dim = z.shape[1]
    for point in points if isinstance(points, Sequence) else [points]:
        numbers = isinstance(point, Sequence) and all(isinstance(value, int | float) for value in point)
        if not numbers or len(point) != latent_dim:
            raise ValueError(
                f"{point} is no point: this model has {latent_dim} latent dimensions, so a list of points is "
                f"[{[0.5] * latent_dim}], say"
            )
    images = decode(torch.tensor(points, dtype=torch.float32))
    columns = min(COLUMNS, len(images))
    rows = ceil(len(images) / columns)
    figure = Figure(figsize=(max(1.7 * columns, 5), 2.1 * rows + 0.4), dpi=100, layout="constrained")
    for axes, image, point in zip(figure.subplots(rows, columns, squeeze=False).flat, images, points, strict=False):
        axes.imshow(mosaic(image[None], columns=1, padding=0), interpolation="nearest")
        axes.set_title(_coordinates(point), fontsize=9)
    for axes in figure.axes:
        axes.set_axis_off()
    figure.suptitle("Decoded points of the latent space")
    return figure


def _coordinates(point: Sequence[float]) -> str:
    """(0.5, 0.5), in lines of three numbers."""
    numbers = [f"{value:.3g}" for value in point]
    return "(" + ",\n".join(", ".join(numbers[i : i + 3]) for i in range(0, len(numbers), 3)) + ")"
