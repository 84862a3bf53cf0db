"""Points coloured by label."""

from typing import Any

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.figure import Figure

COLOURS = 10  # one for each last digit of a label


def scatter_by_label(
    figure: Figure, axes: Any, points: np.ndarray, y: np.ndarray, colour_bar: bool, colour_map: str = "tab10"
) -> None:
    """Points (N, 2) or (N, 3), with the colours of the labels y (N,) in a legend or in a colour bar beside them.

    colour_map: one of matplotlib's.
    """
    if colour_map not in colormaps:
        raise ValueError(f"colour_map={colour_map!r}: expected one of matplotlib's, such as tab10 or viridis")
    colours = colormaps[colour_map].resampled(COLOURS)
    # All classes in one shuffled draw: class by class, the last would cover the others.
    order = torch.randperm(len(points), generator=torch.Generator().manual_seed(0)).numpy()
    options = {"depthshade": False} if points.shape[1] == 3 else {}
    drawn = axes.scatter(
        *points[order].T,
        c=y[order] % COLOURS,
        cmap=colours,
        vmin=-0.5,
        vmax=9.5,
        s=3,
        alpha=0.75,
        linewidths=0,
        **options,
    )
    if colour_bar:
        bar: Any = figure.colorbar(drawn, ax=axes, ticks=range(COLOURS), label="label")
        bar.solids.set_alpha(1)
        return
    for label in np.unique(y):
        axes.scatter(*[[]] * points.shape[1], color=colours(label % COLOURS), s=16, label=str(label))
    axes.legend(title="label", loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8)
