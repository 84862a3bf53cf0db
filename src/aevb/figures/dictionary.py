"""The atoms of a dictionary."""

from math import ceil

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.checks import whole_number
from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.canvas.sheet import set_title, sheet


def dictionary(atoms: Tensor, z: Tensor, *, n: int = 100) -> Figure:
    """The n atoms (D, C, H, W) of which the codes z (N, D) have most on average, Σ|zⱼ|, the first ones first.

    Zero is grey; each atom has its own scale, and the sign that its codes mostly have.
    """
    order = z.abs().sum(0).argsort(descending=True)[: whole_number("n", n)]
    signs = z.sum(0).sign().where(z.sum(0) != 0, 1.0)[order, None, None, None]
    chosen = atoms[order]
    largest = chosen.abs().amax((1, 2, 3), keepdim=True).clamp(min=torch.finfo(chosen.dtype).tiny)  # an atom may be 0
    images = 0.5 + 0.5 * signs * chosen / largest
    columns = ceil(len(images) ** 0.5)
    rows = ceil(len(images) / columns)
    figure = sheet(4, 4 * rows / columns + 0.3)
    axes = figure.subplots()
    axes.imshow(mosaic(images, columns), interpolation="nearest")
    axes.set_axis_off()
    set_title(axes, "Atoms of the dictionary, the most used first")
    return figure
