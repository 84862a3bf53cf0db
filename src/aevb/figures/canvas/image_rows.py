"""Rows of images that belong together."""

from collections.abc import Mapping

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.figures.canvas.mosaic import mosaic


def image_rows(rows: Mapping[str, Tensor], title: str) -> Figure:
    """Rows of N images (N, C, H, W), each under the one above it and beside its name."""
    n, height = len(next(iter(rows.values()))), next(iter(rows.values())).shape[-2]
    figure = Figure(figsize=(1.0 * n + 1.6, 1.0 * len(rows) + 0.6), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.imshow(mosaic(torch.cat(list(rows.values())), columns=n), interpolation="nearest")
    axes.set_yticks([1 + i + (i + 0.5) * height for i in range(len(rows))], list(rows))
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.set_frame_on(False)
    axes.set_title(title)
    return figure
