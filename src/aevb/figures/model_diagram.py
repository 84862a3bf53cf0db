"""A diagram of a model's layers."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from torch import Tensor

from aevb.models.layer_table import count_text, shape_text
from aevb.models.layers import Part

# In inches.
GAP, ASIDE, MARGIN = 0.42, 0.5, 0.15  # between boxes, between columns of boxes, around them all
LINE, HEADING, PAD, TITLE = 0.21, 0.3, 0.12, 0.4
IMAGE = LINE + HEADING  # what is above the boxes
LETTER, SMALL_LETTER = 0.105, 0.078  # the width of most letters in a heading and in a line
KIND, SHAPE = 2.5, 1.05  # the widths of these columns; the others take what they need
COLOURS = ("#f3efe6", "#e8eef7")  # of parts that are given nothing, and of those that are


def model_diagram(x: Tensor, parts: Sequence[Part]) -> Figure:
    """A box for each part of the model, in the order in which an image of x (N, C, H, W) passes, with its layers.

    Each line has the output's shape for one image and the number of parameters. A part that is given nothing, such as
    a prior, is beside the others, with an arrow to the part that takes what it gives.
    """
    columns = _columns_for(parts)
    width = columns[-1] + PAD
    heights = [2 * PAD + HEADING + LINE * len(part.layers) for part in parts]
    tops = _tops(parts, heights)
    lowest = min(top - height for top, height in zip(tops, heights, strict=True))
    aside = any(not part.takes_input for part in parts)
    figure, axes = _canvas(width + (ASIDE + width if aside else 0), max([0.0, *tops]), lowest)
    total = sum(part.trainable for part in parts)
    axes.set_title(f"Layers of the model: {total:,} trained parameters", loc="left", fontsize=14)
    _line(axes, columns, 0, 0, ("", "", "output", "parameters"))
    _heading(axes, columns, 0, -LINE, ("image", "", shape_text(tuple(x.shape[1:])), ""))
    end = -IMAGE  # of the box above
    for i, (part, top, height) in enumerate(zip(parts, tops, heights, strict=True)):
        left = 0 if part.takes_input else width + ASIDE
        _box(axes, (left, top - height), width, height, COLOURS[part.takes_input])
        _heading(axes, columns, left, top - PAD, (part.name, part.kind, shape_text(part.shape), count_text(part)))
        for j, layer in enumerate(part.layers):
            texts = (f"  {layer.name}", layer.kind, shape_text(layer.shape), count_text(layer))
            _line(axes, columns, left, top - PAD - HEADING - j * LINE, texts)
        if part.takes_input:
            _arrow(axes, (width / 2, end), (width / 2, top))
            end = top - height
        elif i + 1 < len(parts):
            _arrow(axes, (left + 0.4, top - height), (width, top - height - GAP - PAD - HEADING / 2))
    return figure


def _columns_for(parts: Sequence[Part]) -> tuple[float, float, float, float]:
    """Where names and kinds begin, and where shapes and counts end."""
    names = [len(part.name) * LETTER for part in parts]
    names += [(len(layer.name) + 2) * SMALL_LETTER for part in parts for layer in part.layers]
    kinds = PAD + max(1.2, *names) + 0.2
    counts = max(len(count_text(part)) for part in parts) * LETTER + 0.2
    return PAD, kinds, kinds + KIND + SHAPE, kinds + KIND + SHAPE + max(1.0, counts)


def _tops(parts: Sequence[Part], heights: Sequence[float]) -> list[float]:
    """The tops of the boxes: those that are given data below the image, the others on a level with the box before."""
    tops = []
    below = -IMAGE - GAP
    for part, height in zip(parts, heights, strict=True):
        if part.takes_input:
            tops.append(below)
            below -= height + GAP
        else:
            tops.append(below + GAP + height)
    return tops


def _canvas(width: float, top: float, bottom: float) -> tuple[Figure, Any]:
    """A figure and axes of that size, both in inches."""
    size = width + 2 * MARGIN, top - bottom + 2 * MARGIN + TITLE
    figure = Figure(figsize=size, dpi=100)
    axes = figure.add_axes((MARGIN / size[0], MARGIN / size[1], width / size[0], (top - bottom) / size[1]))
    axes.set_xlim(0, width)
    axes.set_ylim(bottom, top)
    axes.set_axis_off()
    return figure, axes


def _box(axes: Any, corner: tuple[float, float], width: float, height: float, colour: str) -> None:
    shape = "round,pad=0,rounding_size=0.08"
    box = FancyBboxPatch(corner, width, height, shape, facecolor=colour, edgecolor="0.4", clip_on=False)
    axes.add_patch(box)


def _heading(axes: Any, columns: Sequence[float], left: float, top: float, texts: Sequence[str]) -> None:
    _texts(axes, columns, left, top - HEADING / 2, texts, fontsize=11, fontweight="bold")


def _line(axes: Any, columns: Sequence[float], left: float, top: float, texts: Sequence[str]) -> None:
    _texts(axes, columns, left, top - LINE / 2, texts, fontsize=9, color="0.2")


def _texts(axes: Any, columns: Sequence[float], left: float, y: float, texts: Sequence[str], **style: Any) -> None:
    for text, x, side in zip(texts, columns, ("left", "left", "right", "right"), strict=True):
        axes.text(left + x, y, text, ha=side, va="center", **style)


def _arrow(axes: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "0.3", "linewidth": 1.5})
