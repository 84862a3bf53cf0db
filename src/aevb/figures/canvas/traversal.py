"""Codes that differ in one dimension."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.checks import whole_number
from aevb.distributions import support_of
from aevb.errors import NotApplicable
from aevb.figures.canvas.image_index import image_index
from aevb.figures.canvas.prior_quantiles import prior_quantiles
from aevb.figures.canvas.ranked_dimensions import ranked_dimensions


class Traversal(NamedTuple):
    """codes: (R, n, D), a row for each of R dimensions. captions: of the rows. title: how they were made."""

    codes: Tensor
    captions: list[str]
    title: str


def traversal(
    z: Tensor,
    prior: Distribution | None,
    kl_by_dimension: Tensor | None,
    probabilities: Tensor,
    start: int | None,
    rows: int,
) -> Traversal:
    """In each row one dimension goes through the prior's quantiles at the probabilities (n,).

    They are quantiles of the codes z (N, D) where there is no prior, or none whose quantiles torch knows. The rows are
    those dimensions that say most of the image; see `ranked_dimensions`.

    start: the index of the image at whose code the other dimensions are held; None: the mean of the codes.
    Raises NotApplicable where no dimension can move alone.
    """
    if prior is not None and support_of(prior).simplex:
        raise NotApplicable("the latents lie on a simplex, where no dimension moves while the others are held")
    codes = z.detach().float().cpu()
    ranking = ranked_dimensions(codes, kl_by_dimension)
    order = ranking.order[: whole_number("rows", rows)]
    try:
        values, source = prior_quantiles(prior, probabilities)[:, order], "prior"
    except NotApplicable:
        values, source = torch.quantile(codes[:, order], probabilities, dim=0), "codes"
    origin = codes.mean(0) if start is None else codes[image_index("start", start, len(codes))]
    paths = origin.repeat(len(order), len(probabilities), 1)
    for row, dimension in enumerate(order):
        paths[row, :, dimension] = values[:, row]
    captions = [f"$z_{{{i + 1}}}$\n{ranking.measure[i]:.3g}{ranking.unit}" for i in order]
    title = f"Quantiles of the {source}"
    if codes.shape[1] > 1:
        held = "the mean of the codes" if start is None else f"the code of image {start}"
        title = f"{title} in one dimension, the others at {held}\nThe largest {ranking.name} comes first"
    return Traversal(paths, captions, title)
