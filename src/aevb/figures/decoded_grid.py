"""The plane of two latent dimensions, decoded."""

from collections.abc import Callable, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.distributions import Distribution

from aevb.checks import interval, whole_number
from aevb.errors import NotApplicable
from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.canvas.prior_quantiles import prior_quantiles
from aevb.figures.canvas.ranked_dimensions import ranked_dimensions
from aevb.figures.canvas.sheet import set_title, sheet

FEW = 4  # dimensions that are named


def decoded_grid(
    decode: Callable[[Tensor], Tensor],
    z: Tensor,
    prior: Distribution | None = None,
    kl_by_dimension: Tensor | None = None,
    *,
    box: Sequence[float] | None = None,
    quantiles: bool = False,
    dims: Sequence[int] | None = None,
    n: int = 20,
) -> Figure:
    """n×n points of a plane in the latent space, each shown as the image that it is decoded to.

    box: (low, high), the range of both dimensions. None: the range of each that holds 98 % of the codes z (N, D).
    quantiles: instead, the points that cut the prior into pieces of equal probability, F⁻¹((i + ½)/n) in each
        dimension; for a standard normal prior, figure 4 of Kingma & Welling (2014).
    dims: the two dimensions, from 0; the others are held at the mean of the codes. None: those with the largest mean KL
        (D,), or, where it is unknown, the largest variance of the codes, in ascending order.
    """
    codes = z.detach().float().cpu()
    across, up = _two_dimensions(dims, codes, kl_by_dimension)
    if whole_number("n", n) < 2:
        raise ValueError("n=1: a grid has at least 2 points a side")
    if quantiles and box is not None:
        raise ValueError(f"box={box} and quantiles={quantiles}: a grid has one of them")
    ticks = (
        prior_quantiles(prior, (torch.arange(n) + 0.5) / n)[:, [across, up]]
        if quantiles
        else _equal_steps(codes[:, [across, up]], box, n)
    )
    columns, rows = ticks.T  # (n,) each, growing
    points = codes.mean(0).repeat(n * n, 1)  # (n·n, D)
    plane = torch.meshgrid(columns, rows.flip(0), indexing="xy")  # images are drawn from the top
    points[:, across], points[:, up] = (coordinate.flatten() for coordinate in plane)

    figure = sheet(4.2, 4.2)
    axes = figure.subplots()
    picture = mosaic(decode(points), columns=n, padding=0)
    if quantiles:
        extent = (0.0, n, 0.0, n)
        _label_quantiles(axes, columns, rows)
    else:
        (left, bottom), (right, top) = ticks[0].tolist(), ticks[-1].tolist()
        half_width, half_height = (right - left) / (n - 1) / 2, (top - bottom) / (n - 1) / 2
        extent = (left - half_width, right + half_width, bottom - half_height, top + half_height)
    axes.imshow(picture, extent=extent, aspect="auto", interpolation="nearest")
    scale = " at equal steps of probability under the prior" if quantiles else ""
    axes.set_xlabel(f"$z_{{{across + 1}}}${scale}")
    axes.set_ylabel(f"$z_{{{up + 1}}}${scale}")
    set_title(axes, "The latent plane, decoded" + _where_the_others_are(across, up, codes.shape[1]))
    return figure


def _two_dimensions(dims: Sequence[int] | None, codes: Tensor, kl_by_dimension: Tensor | None) -> tuple[int, int]:
    latent_dim = codes.shape[1]
    if latent_dim < 2:
        raise NotApplicable("the decoded grid shows 2 latent dimensions, and this model has 1")
    if dims is None:
        across, up = sorted(ranked_dimensions(codes, kl_by_dimension).order[:2])
        return across, up
    whole = isinstance(dims, Sequence) and all(isinstance(dim, int) for dim in dims)
    distinct = set(dims) if whole else set()
    if len(distinct) != 2 or not distinct <= set(range(latent_dim)):
        raise ValueError(f"dims={dims}: expected two different dimensions from 0 to {latent_dim - 1}, such as [0, 1]")
    across, up = dims
    return int(across), int(up)


def _where_the_others_are(across: int, up: int, latent_dim: int) -> str:
    others = [i + 1 for i in range(latent_dim) if i not in (across, up)]
    if not others:
        return ""
    named = ", ".join(f"$z_{{{i}}}$" for i in others) if len(others) <= FEW else f"the other {len(others)} dimensions"
    return f"; {named} at the mean of the codes"


def _equal_steps(codes: Tensor, box: Sequence[float] | None, n: int) -> Tensor:
    """n values of each dimension of the codes (N, 2), at equal distances: (n, 2)."""
    if box is None:
        quantiles = torch.quantile(codes, torch.tensor([0.01, 0.99]), dim=0)
        low, high = torch.where(quantiles[0] < quantiles[1], quantiles, quantiles + torch.tensor([[-1.0], [1.0]]))
    else:
        low, high = (torch.tensor([end] * 2) for end in interval("box", box))
    return torch.stack([torch.linspace(*ends, n) for ends in zip(low.tolist(), high.tolist(), strict=True)], dim=1)


def _label_quantiles(axes: Axes, columns: Tensor, rows: Tensor) -> None:
    """Name the values of z at some columns and rows, which are drawn at equal distances."""
    n = len(columns)
    shown = sorted({0, n // 4, n - 1 - n // 4, n - 1})
    for axis, values in ((axes.xaxis, columns), (axes.yaxis, rows)):
        axis.set_ticks([i + 0.5 for i in shown], [f"{values[i]:.2f}".replace("-", "−") for i in shown])
