"""Images as one latent dimension changes."""

from collections.abc import Callable

import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.distributions import Distribution

from aevb.checks import whole_number
from aevb.figures.canvas.image_rows import image_rows
from aevb.figures.canvas.traversal import traversal


def latent_traversal(
    decode: Callable[[Tensor], Tensor],
    z: Tensor,
    prior: Distribution | None = None,
    kl_by_dimension: Tensor | None = None,
    *,
    start: int | None = None,
    n: int = 11,
    rows: int = 10,
) -> Figure:
    """A row for each latent dimension: n decoded codes from its 1 % to its 99 % quantile under the prior.

    The steps are of equal probability. The quantiles are those of the codes z (N, D) where there is no prior, or torch
    knows none of its quantiles. The dimension with the largest mean KL (D,) comes first; where the KL does not split
    into dimensions, that with the largest variance of the codes.

    start: the index of the image at whose code the other dimensions are held; None: the mean of the codes.
    rows: how many dimensions are shown, at most.
    """
    if whole_number("n", n) < 2:
        raise ValueError("n=1: a row has at least 2 images")
    probabilities = torch.linspace(0.01, 0.99, n)
    paths = traversal(z, prior, kl_by_dimension, probabilities, start, rows)
    images = decode(paths.codes)  # (R, n, C, H, W)
    columns = [f"{100 * u:.0f} %" for u in probabilities.tolist()]
    return image_rows(dict(zip(paths.captions, images, strict=True)), paths.title, columns)
