"""The plane of two latent dimensions, decoded."""

from collections.abc import Callable, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from src.errors import whole_number
from src.figures.mosaic import mosaic
from src.figures.quantities import NotApplicable


def decoded_grid(
    decode: Callable[[Tensor], Tensor], z: Tensor, box: Sequence[float] | None = None, n: int = 20
) -> Figure:
    """n×n points of the latent plane, each shown as the image that it is decoded to.

    box: (low, high), the range of both dimensions. None: the range of each that holds 98 % of the codes z (N, 2).
    """
    if z.shape[1] != 2:
        raise NotApplicable(f"the decoded grid shows 2 latent dimensions, and this model has {z.shape[1]}")
    if whole_number("n", n) < 2:
        raise ValueError("n=1: a grid has at least 2 points a side")
    if box is None:
        quantiles = torch.quantile(z.detach().float().cpu(), torch.tensor([0.01, 0.99]), dim=0)
        low, high = torch.where(quantiles[0] < quantiles[1], quantiles, quantiles + torch.tensor([[-1.0], [1.0]]))
        (left, bottom), (right, top) = low.tolist(), high.tolist()
    elif len(box) == 2 and box[0] < box[1]:
        (left, right), (bottom, top) = box, box
    else:
        raise ValueError(f"box={box}: expected [low, high], such as [-3, 3]")
    columns = torch.linspace(left, right, n)
    rows = torch.linspace(top, bottom, n)  # images are drawn from the top
    points = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1).reshape(-1, 2)  # (n·n, 2)
    half_width, half_height = (right - left) / (n - 1) / 2, (top - bottom) / (n - 1) / 2
    figure = Figure(figsize=(8, 8), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.imshow(
        mosaic(decode(points), columns=n, padding=0),
        extent=(left - half_width, right + half_width, bottom - half_height, top + half_height),
        aspect="auto",
        interpolation="nearest",
    )
    axes.set_xlabel("$z_1$")
    axes.set_ylabel("$z_2$")
    axes.set_title("The latent plane, decoded")
    return figure
