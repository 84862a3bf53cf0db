"""Estimates of log p(x) against the samples they cost."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from torch import Tensor


def importance_curve(log_px: Mapping[int, Tensor], others: Mapping[str, Tensor]) -> Figure:
    """The mean of log p̂(x) over images against the number of importance samples K, with other estimates as lines.

    log_px: K -> nats for each image, (N,). others: by name, nats for the same first images, (M,) each. There is a panel
    for each number of images, so that the estimates in a panel are of the same ones.
    """
    most = len(next(iter(log_px.values())))
    counts = sorted({most, *(min(len(values), most) for values in others.values())}, reverse=True)
    figure = Figure(figsize=(1 + 5.5 * len(counts), 4.8), dpi=100, layout="constrained")
    for n, axes in zip(counts, figure.subplots(1, len(counts), squeeze=False)[0], strict=True):
        ks = sorted(log_px)
        means = [log_px[k][:n].mean().item() for k in ks]
        axes.plot(ks, means, marker="o", color="C0", label="importance sampling from q(z|x)")
        for i, (name, values) in enumerate(others.items()):
            if len(values) >= n:
                axes.axhline(values[:n].mean().item(), color=f"C{i + 1}", linestyle="--", label=name)
        axes.set_xscale("log")
        axes.set_xlabel("importance samples K")
        axes.set_title(f"mean of {n:,} images", fontsize=10)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, fontsize=9)
    figure.axes[0].set_ylabel("log p(x) (nats per image)")
    figure.suptitle("Estimates of log p(x)")
    return figure
