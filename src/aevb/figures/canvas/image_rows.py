"""Rows of images that belong together."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.canvas.sheet import set_title, sheet, wrapped

LINE = 0.14  # height of a line of a caption, in inches


def image_rows(rows: Mapping[str, Tensor], title: str, captions: Sequence[str] | None = None) -> Figure:
    """Rows of N images (N, C, H, W), each under the one above it and beside its name; captions under the columns."""
    first = next(iter(rows.values()))
    n, height, width = len(first), *first.shape[-2:]
    lines = max(caption.count("\n") + 1 for caption in captions) if captions else 0
    wide = max(0.42 * n + 1.1, 3)
    lines += wrapped(title, wide).count("\n")
    figure = sheet(wide, 0.42 * len(rows) + 0.4 + LINE * lines)
    axes = figure.subplots()
    axes.imshow(mosaic(torch.cat(list(rows.values())), columns=n), interpolation="nearest")
    axes.set_yticks([1 + i + (i + 0.5) * height for i in range(len(rows))], list(rows))
    axes.set_xticks([1 + i + (i + 0.5) * width for i in range(n)] if captions else [], captions or [])
    axes.tick_params(length=0, labelsize=8)
    axes.tick_params(axis="x", labelsize=7)
    axes.set_frame_on(False)
    set_title(axes, title)
    return figure
