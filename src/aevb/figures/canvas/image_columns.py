"""Rows of images, each followed by others that belong to it."""

from collections.abc import Mapping
from itertools import accumulate, pairwise

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.canvas.sheet import set_title, sheet


def image_columns(columns: Mapping[str, Tensor], title: str) -> Figure:
    """N rows; each name stands above k columns, (k, N, C, H, W), and a line parts them from the next."""
    images = torch.cat(list(columns.values()))  # (K, N, C, H, W)
    total, n = images.shape[:2]
    width = images.shape[-1] + 1
    figure = sheet(0.42 * total + 0.4, 0.42 * n + 0.6)
    axes = figure.subplots()
    axes.imshow(mosaic(images.transpose(0, 1).flatten(0, 1), columns=total), interpolation="nearest")
    edges = list(accumulate((width * len(images) for images in columns.values()), initial=0))
    for edge in edges[1:-1]:
        axes.axvline(edge, color="C3", linewidth=2)
    axes.set_xticks([(left + right) / 2 for left, right in pairwise(edges)], list(columns))
    axes.xaxis.tick_top()
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.set_frame_on(False)
    set_title(axes, title)
    return figure
