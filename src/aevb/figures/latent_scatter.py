"""Images as points of the latent space."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from sklearn.decomposition import PCA
from torch import Tensor

from aevb.errors import NotApplicable
from aevb.figures.canvas.by_label import scatter_by_label
from aevb.figures.canvas.chosen_points import chosen_points
from aevb.figures.canvas.counted import counted
from aevb.figures.canvas.sheet import set_title, sheet
from aevb.figures.canvas.spread import spread_of

Projection = Callable[[np.ndarray], np.ndarray]


def latent_scatter(
    z: Tensor,
    y: Tensor,
    *,
    colour_bar: bool = False,
    colour_map: str = "tab10",
    points: Sequence[Sequence[float]] | None = None,
) -> Figure:
    """Codes (N, D), coloured by label (N,), with a legend or a colour bar.

    One latent dimension is drawn against the label, two as they are, more as their first two principal components.

    colour_map: one of matplotlib's.
    points: codes of D numbers to be marked with 1, 2, …, as in `decoded_points`; projected as the others are. In one
        dimension a point is a line, since it has no label.
    """
    codes, labels = z.detach().cpu().double().numpy(), y.cpu().numpy()
    marked = chosen_points(points or [], codes.shape[1]).numpy()
    figure = sheet(4.4, 3.7)
    axes = figure.subplots()
    if codes.shape[1] == 1:
        drawn, names = np.column_stack([codes[:, 0], labels]), ("$z_1$", "label")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        _mark_lines(axes, marked[:, 0])
    else:
        project, names = _to_the_plane(codes)
        drawn = project(codes)
        _mark_points(axes, project(marked) if len(marked) else marked)
    scatter_by_label(figure, axes, drawn, labels, colour_bar, colour_map)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    set_title(axes, f"Latent codes of {counted(len(codes), 'image')}")
    return figure


def _to_the_plane(codes: np.ndarray) -> tuple[Projection, tuple[str, str]]:
    """What gives two coordinates for each code, and the names of the axes."""
    if codes.shape[1] > 2 and len(codes) < 2:
        raise NotApplicable("principal components need at least 2 images")
    if codes.shape[1] == 2 or not spread_of(codes):
        return lambda points: points[:, :2], ("$z_1$", "$z_2$")
    pca = PCA(n_components=2).fit(codes)
    first, second = pca.explained_variance_ratio_
    names = (
        f"1st principal component ({first:.0%} of the variance)",
        f"2nd principal component ({second:.0%} of the variance)",
    )
    return pca.transform, names


def _mark_points(axes: Any, points: np.ndarray) -> None:
    """Numbered crosses at the points (P, 2)."""
    for i, point in enumerate(points):
        axes.plot(*point, "X", color="black", markeredgecolor="white", markersize=8, zorder=3)
        _number(axes, i, point, xytext=(7, 5))


def _mark_lines(axes: Any, values: np.ndarray) -> None:
    """Numbered lines at the values (P,) of the first axis."""
    for i, value in enumerate(values):
        axes.axvline(value, color="black", linestyle="--", linewidth=1, zorder=3)
        _number(axes, i, (value, 1), xytext=(4, -14), xycoords=axes.get_xaxis_transform())


def _number(axes: Any, i: int, at: Sequence[float] | np.ndarray, **place: Any) -> None:
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
    axes.annotate(str(i + 1), at, textcoords="offset points", fontweight="bold", zorder=4, bbox=box, **place)
