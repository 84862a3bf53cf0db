"""Images and what the model makes of them."""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from src.errors import whole_number
from src.figures.mosaic import mosaic


def reconstructions(x: Tensor, reconstruction: Tensor, n: int = 10) -> Figure:
    """The first n images (N, C, H, W) over their reconstructions."""
    n = min(whole_number("n", n), len(x))
    height = x.shape[-2]
    figure = Figure(figsize=(1.0 * n + 1.6, 2.6), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.imshow(mosaic(torch.cat([x[:n], reconstruction[:n]]), columns=n), interpolation="nearest")
    axes.set_yticks([1 + height / 2, 2 + 1.5 * height], ["original", "reconstruction"])
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.set_frame_on(False)
    axes.set_title("Reconstructions")
    return figure
