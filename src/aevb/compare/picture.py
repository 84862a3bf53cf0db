"""The figure of a comparison."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import MaxNLocator

from aevb.compare.columns import is_number, label
from aevb.compare.rows import Figure, Row
from aevb.compare.table import Comparison
from aevb.errors import UserError
from aevb.runs.history import Row as Epoch
from aevb.runs.history import read_history

MOST_LINES = 12  # that a legend tells apart


def picture(comparison: Comparison) -> Picture:
    """Each figure against each option that is a number, a line for each combination of the others; learning curves."""
    rows = [row for row in comparison.rows if row.num_seeds]
    numeric = [name for name in comparison.columns if _is_numeric(rows, name)]
    measured = comparison.shown()[:4]
    height, width = max(1, len(measured)), len(numeric) + 1
    figure = Picture(figsize=(5 * width, 3.2 * height), dpi=100, layout="constrained")
    axes = figure.subplots(height, width, squeeze=False)
    for i, quantity in enumerate(measured):
        for j, name in enumerate(numeric):
            _against_option(axes[i, j], rows, comparison.columns, name, quantity)
    _learning_curves(axes[0, -1], rows, comparison)
    for axis in axes[1:, -1]:
        axis.axis("off")
    for row_of_axes in axes:
        for axis in row_of_axes:
            _legend(axis)
    return figure


def _against_option(axis: Axes, rows: Sequence[Row], columns: Sequence[str], name: str, quantity: Figure) -> None:
    lines: dict[str, list[tuple[float, float, float]]] = {}
    for row in rows:
        value = row.mean(quantity)
        if value is not None and is_number(row.options[name]):
            others = label({other: row.options[other] for other in columns if other != name})
            lines.setdefault(others, []).append((row.options[name], value, row.deviation(quantity) or 0.0))
    for others, points in lines.items():
        x, y, deviation = zip(*sorted(points), strict=True)
        axis.errorbar(x, y, deviation if any(deviation) else None, marker="o", label=others, capsize=3)
    values = sorted({x for points in lines.values() for x, _, _ in points})
    if values and values[0] > 0 and values[-1] >= 30 * values[0]:
        axis.set_xscale("log")
    elif all(isinstance(value, int) for value in values):
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_xlabel(name)
    axis.set_ylabel(" ".join(quantity))


def _learning_curves(axis: Axes, rows: Sequence[Row], comparison: Comparison) -> None:
    """The figure that rows are ranked by, or their loss, of each epoch, on the average over seeds."""
    name = comparison.criterion[1] if comparison.criterion else "loss"
    many = len(rows) > MOST_LINES
    if many:
        axis.set_prop_cycle(color=colormaps["viridis"](np.linspace(0, 0.95, len(rows))))
    for row in rows:
        curves = [_curve(history, name) for run in row.runs if (history := _history(run.folder / "history.csv"))]
        length = min((len(curve) for curve in curves), default=0)
        if not length:
            continue
        mean = [sum(curve[i][1] for curve in curves) / len(curves) for i in range(length)]
        axis.plot(
            [curves[0][i][0] for i in range(length)], mean, label=label(row.options), marker="o" if length == 1 else ""
        )
    axis.set_xlabel("epoch")
    axis.set_ylabel(name)
    order = ", dark to light in the order of the table" if many else ""
    axis.set_title(f"learning curves{order}", fontsize="medium")


def _curve(history: list[Epoch], name: str) -> list[tuple[float, float]]:
    for stage in ("val", "train"):
        if curve := [(row["epoch"], row[f"{stage}/{name}"]) for row in history if f"{stage}/{name}" in row]:
            return curve
    return []


def _history(path: Path) -> list[Epoch]:
    try:
        return read_history(path)
    except (OSError, UserError):
        return []


def _is_numeric(rows: Sequence[Row], name: str) -> bool:
    return len({row.options[name] for row in rows if is_number(row.options[name])}) > 1


def _legend(axis: Axes) -> None:
    labels = axis.get_legend_handles_labels()[1]
    if any(labels) and len(labels) <= MOST_LINES:
        axis.legend(fontsize="small")
