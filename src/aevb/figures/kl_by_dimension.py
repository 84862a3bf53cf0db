"""The KL term of each latent dimension."""

import torch
from matplotlib.figure import Figure
from torch import Tensor


def kl_by_dimension(kl: Tensor, active: Tensor) -> Figure:
    """The mean KL of each dimension, (D,) nats, the largest first; dimensions that are not active, (D,), in grey."""
    order = torch.argsort(kl, descending=True)
    figure = Figure(figsize=(min(14, max(5, 1.5 + 0.3 * len(kl))), 4), dpi=100, layout="constrained")
    axes = figure.subplots()
    colours = ["C0" if flag else "0.7" for flag in active[order].tolist()]
    axes.bar(range(len(kl)), kl[order].tolist(), color=colours)
    few = len(kl) <= 40
    axes.set_xticks(range(len(kl)) if few else [], [str(i + 1) for i in order.tolist()] if few else [])
    axes.set_xlabel("latent dimension" + ("" if few else ", in the order of its KL"))
    axes.set_ylabel("KL (nats per image)")
    axes.set_title(f"{int(active.sum())} of {len(kl)} dimensions are active")
    axes.grid(axis="y", alpha=0.3)
    return figure
