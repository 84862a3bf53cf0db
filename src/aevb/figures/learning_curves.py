"""Learning curves of one run or of several."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter

from aevb.errors import NotApplicable
from aevb.figures.canvas.sheet import set_title, sheet

STAGES = {"train": "training", "val": "validation"}
BOTH = {"train": ("--", "x"), "val": ("-", ".")}  # line and marker
FEW = 30  # points that are marked


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
    figure = sheet(4.6, 3.1 + 0.17 * len(histories) * (len(histories) > 1))
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
            axes.plot(*zip(*points, strict=True) if points else ([], []), style, color=f"C{i}", marker=marker)
    for stage in found:
        style, marker = looks[stage]
        axes.plot([], [], style, color="0.3", label=STAGES[stage], marker=marker)
    if found:
        axes.legend(frameon=False, fontsize=8)
    if len(histories) > 1:
        runs = [Line2D([], [], color=f"C{i}", label=run) for i, run in enumerate(histories)]
        figure.legend(handles=runs, loc="outside lower center", frameon=False, fontsize=8)
    if log_x:
        axes.set_xscale("log")
    else:
        axes.xaxis.set_major_formatter(EngFormatter())
    axes.set_xlabel("training images seen")
    axes.set_ylabel(f"{name.upper() if name in ('elbo', 'kl') else name} ({units[name]})")
    axes.grid(alpha=0.3)
    set_title(axes, "Learning curves")
    return figure
