"""Images decoded from samples of q(z|x)."""

from collections.abc import Callable

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.checks import whole_number
from aevb.figures.canvas.mosaic import mosaic


def posterior_samples(
    x: Tensor, sample_posterior: Callable[[Tensor, int], Tensor], *, n: int = 8, samples: int = 10
) -> Figure:
    """The first n images (N, C, H, W), each followed by images decoded from `samples` draws of its q(z|x)."""
    images = x[: whole_number("n", n)]
    drawn = sample_posterior(images, whole_number("samples", samples))  # (samples, n, C, H, W)
    rows = torch.cat([images[None], drawn.to(images)]).transpose(0, 1).flatten(0, 1)
    width = x.shape[-1] + 1
    figure = Figure(figsize=(0.75 * samples + 1.2, 0.75 * len(images) + 0.9), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.imshow(mosaic(rows, columns=samples + 1), interpolation="nearest")
    axes.axvline(width, color="C3", linewidth=2)
    axes.set_xticks([width / 2, width * (1 + samples / 2)], ["image", "decoded draws of q(z|x)"])
    axes.xaxis.tick_top()
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.set_frame_on(False)
    axes.set_title("Samples of the posterior")
    return figure
