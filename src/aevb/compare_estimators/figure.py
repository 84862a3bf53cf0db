"""The figure of the noise of gradients."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from aevb.compare_estimators.statistics import GradientNoise
from aevb.metrics.estimate import Estimate, ratio_with_error

LABELS = {"score_function": "score function", "sgvb_a": "SGVB-A", "sgvb_b": "SGVB-B", "stl": "STL", "iwae": "IWAE",
          "dreg": "DReG"}  # fmt: skip
COLOURS = ("#000000", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00")  # told apart by the colour-blind
MARKERS = "xosDv^"
COMPARABLE = 50  # how many times another's variance may differ, to be drawn beside it


def gradient_noise(rows: Sequence[GradientNoise]) -> Figure:
    """Variance and signal-to-noise ratio against the number of samples, with standard errors: a line an estimator.

    Between them the variance divided by SGVB-A's at as many samples, where that is among the rows, and without the
    score function's, which may be thousands of times larger. Where no signal was found there is no point. Estimators
    are moved a little apart along the logarithmic axis, so that equal ones do not hide each other.
    """
    names = list(dict.fromkeys(row.estimator for row in rows))
    parts = list(dict.fromkeys(row.parameters for row in rows))
    base = {(row.num_samples, row.parameters): row.variance for row in rows if row.estimator == "sgvb_a"}
    compared = {row: ratio_with_error(row.variance, base[row.num_samples, row.parameters]) for row in rows if base}
    quantities = [
        ("variance of the gradient (nats²)", {row: row.variance for row in rows}),
        ("variance / SGVB-A's", compared),
        ("signal-to-noise ratio", {row: row.snr for row in rows}),
    ]
    drawn = [(name, estimates) for name, estimates in quantities if estimates]
    figure = Figure(figsize=(5.2 * len(parts), 1 + 3.5 * len(drawn)), dpi=100, layout="constrained")
    grid = figure.subplots(len(drawn), len(parts), sharex=True, squeeze=False)
    for (y_name, estimates), line_of_axes in zip(drawn, grid, strict=True):
        for part, axes in zip(parts, line_of_axes, strict=True):
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            for i, name in enumerate(names):
                its = [row for row in estimates if (row.estimator, row.parameters) == (name, part)]
                values = [estimates[row] for row in its]
                shift = 1.035 ** (i - (len(names) - 1) / 2)
                if "/" not in y_name or all(value.value < COMPARABLE for value in values):
                    draw_line(axes, [row.num_samples * shift for row in its], values, name, i)
            set_ticks(axes, sorted({row.num_samples for row in rows}))
        line_of_axes[0].set_ylabel(y_name)
    for part, top, bottom in zip(parts, grid[0], grid[-1], strict=True):
        top.set_title(f"Gradient by the {part}'s parameters")
        bottom.set_xlabel("samples for each image (L or K)")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(names), frameon=False)
    return figure


def draw_line(axes: Any, x: list[float], estimates: list[Estimate], name: str, i: int) -> None:
    """The estimates at x, in the colour of the estimator of that name; an unknown one has that of place i."""
    place = list(LABELS).index(name) if name in LABELS else i
    values = np.array([estimate.value for estimate in estimates])
    axes.errorbar(
        x,
        np.where(values > 0, values, np.nan),
        [estimate.standard_error for estimate in estimates],
        color=COLOURS[place % len(COLOURS)],
        marker=MARKERS[place % len(MARKERS)],
        linestyle="--" if name in ("iwae", "dreg") else "-",  # of another bound than the ELBO
        markersize=5,
        linewidth=1.3,
        capsize=2,
        label=LABELS.get(name, name),
    )


def set_ticks(axes: Any, counts: list[int]) -> None:
    """Of logarithmic axes: x at the counts, and y between the powers of ten too where it spans few."""
    axes.xaxis.set_major_locator(FixedLocator(counts))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = axes.get_ylim()
    if high < 300 * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high > 8 * low else (1, 1.5, 2, 3, 5, 7)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(alpha=0.3)
