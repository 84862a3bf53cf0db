"""Chosen codes, decoded."""

from collections.abc import Callable, Sequence
from math import ceil

from matplotlib.figure import Figure
from torch import Tensor

from aevb.errors import NotApplicable
from aevb.figures.canvas.chosen_points import chosen_points
from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.canvas.sheet import sheet

COLUMNS = 8


def decoded_points(
    decode: Callable[[Tensor], Tensor], z: Tensor, *, points: Sequence[Sequence[float]] | None = None
) -> Figure:
    """The image that each of the points is decoded to, under its number and its coordinates.

    points: codes of D numbers, as many as the codes z (N, D) have. `latent_scatter` marks them by the same numbers.
    """
    if points is None or points == []:
        raise NotApplicable("no points are given: set figures.decoded_points.points=[[0.5,0.5],[0,0]]")
    codes = chosen_points(points, z.shape[1])
    images = decode(codes)
    columns = min(COLUMNS, len(images))
    rows = ceil(len(images) / columns)
    figure = sheet(max(0.9 * columns, 3.2), 1.15 * rows + 0.35)
    panels = figure.subplots(rows, columns, squeeze=False).flat
    for i, (axes, image, point) in enumerate(zip(panels, images, codes.tolist(), strict=False)):
        axes.imshow(mosaic(image[None], columns=1, padding=0), interpolation="nearest")
        axes.set_title(f"{i + 1}: {_coordinates(point)}", fontsize=8)
    for axes in figure.axes:
        axes.set_axis_off()
    figure.suptitle("Decoded points of the latent space", fontsize=9)
    return figure


def _coordinates(point: Sequence[float]) -> str:
    """(0.5, 0.5), in lines of three numbers."""
    numbers = [f"{value:.3g}".replace("-", "−") for value in point]
    return "(" + ",\n".join(", ".join(numbers[i : i + 3]) for i in range(0, len(numbers), 3)) + ")"
