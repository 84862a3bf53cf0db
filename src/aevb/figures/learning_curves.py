"""Learning curves of one run or of several."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter

from aevb.errors import NotApplicable
from aevb.figures.canvas.sheet import set_title, sheet

STAGES = {"train": "training", "val": "validation"}
BOTH = {"train": ("--", "x"), "val": ("-", ".")}  # line and marker
FEW = 30  # points that are marked
WIDTH = 4.6  # inches
LETTER = 0.075  # inches, of a name in the legend
LONGEST = 50  # letters of a line of the legend


def learning_curves(
    histories: Mapping[str, Sequence[Mapping[str, float]]],
    units: Mapping[str, str],
    *,
    metric: str | None = None,
    log_x: bool = False,
) -> Figure:
    """A quantity in training, and in validation where there is any, against the training images seen so far.

    histories: by the name of the run, a row for each epoch with `images` and quantities such as `val/elbo`.
    units: of each quantity, by name.
    metric: the quantity's name. None: the ELBO, or the loss where there is none.
    log_x: a logarithmic axis, as in figure 2 of Kingma & Welling (2014).
    """
    if not histories:
        raise NotApplicable("there is no history of this run: its folder has no history.csv, or one without rows")
    name = metric or ("elbo" if "elbo" in units else "loss")
    if name not in units:
        raise ValueError(f"metric={metric}: expected one of {', '.join(units)}")
    columns = _columns(histories)
    legend_rows = ceil(len(histories) / columns) if len(histories) > 1 else 0
    colours = _colours(len(histories))
    figure = sheet(WIDTH, 3.1 + 0.17 * legend_rows)
    axes = figure.subplots()
    found = [stage for stage in STAGES if any(f"{stage}/{name}" in row for rows in histories.values() for row in rows)]
    looks = BOTH if len(found) == 2 else dict.fromkeys(found, ("-", "."))
    for i, (run, rows) in enumerate(histories.items()):
        if rows and not any(f"{stage}/{name}" in row for stage in STAGES for row in rows):
            raise ValueError(f"metric={name}: the run {run!r} has only {', '.join(rows[0])}")
        for stage in found:
            points = [(row["images"], row[f"{stage}/{name}"]) for row in rows if f"{stage}/{name}" in row]
            style, marker = looks[stage]
            marker = marker if len(points) <= FEW else ""
            axes.plot(*zip(*points, strict=True) if points else ([], []), style, color=colours[i], marker=marker)
    for stage in found:
        style, marker = looks[stage]
        axes.plot([], [], style, color="0.3", label=STAGES[stage], marker=marker)
    if found:
        axes.legend(frameon=False, fontsize=8)
    if len(histories) > 1:
        runs = [
            Line2D([], [], color=colour, label=fill(run, LONGEST))
            for colour, run in zip(colours, histories, strict=True)
        ]
        figure.legend(handles=runs, loc="outside lower center", frameon=False, fontsize=8, ncols=columns)
    if log_x:
        axes.set_xscale("log")
    else:
        axes.xaxis.set_major_formatter(EngFormatter())
    axes.set_xlabel("training images seen")
    axes.set_ylabel(f"{name.upper() if name in ('elbo', 'kl') else name} ({units[name]})")
    axes.grid(alpha=0.3)
    set_title(axes, "Learning curves")
    return figure


def _columns(names: Iterable[str]) -> int:
    """How many names stand beside each other in the legend, each with its line."""
    return max(1, int(WIDTH / (0.6 + LETTER * max(map(len, names)))))


def _colours(n: int) -> list[Any]:
    """A colour for each run: those of a scale where they are more than there are distinct ones."""
    return [f"C{i}" for i in range(n)] if n <= 10 else [*colormaps["turbo"](np.linspace(0.05, 0.95, n))]
