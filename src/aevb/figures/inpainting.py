"""Images with missing pixels, and what the model fills in."""

from collections.abc import Callable, Mapping

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.checks import number_from, one_of, whole_number
from aevb.figures.canvas.image_columns import image_columns
from aevb.samplers.missing_pixels import FilledIn

MISSING = (0.35, 0.55, 0.8)  # the colour of a missing pixel: blue, which no grey image has


def inpainting(
    x: Tensor,
    fill_in: Callable[..., FilledIn],
    *,
    mask: str = "bottom",
    missing: float = 0.5,
    n: int = 6,
    samples: int = 5,
    num_chains: int = 16,
    num_transitions: int = 100,
    num_leapfrog: int = 10,
) -> Figure:
    """The first n images (N, C, H, W): what is observed of each, what the model fills in, and the image itself.

    The marginal inference of Kingma & Welling 2014, section 2.1. A missing pixel is filled in with its mean under
    p(x|z), for `samples` draws of z given the observed pixels, and for all draws on average.

    mask: random, a box in the middle, or the top, bottom, left or right of the image.
    missing: the share of its pixels that are missing, from 0 to 1.
    num_chains, num_transitions, num_leapfrog: see `posterior_draws`.
    """
    images = x[: whole_number("n", n)]
    if whole_number("samples", samples) > whole_number("num_chains", num_chains):
        raise ValueError(f"samples={samples}: expected at most num_chains={num_chains}, since each chain gives one")
    make_mask = MASKS[one_of("mask", mask, MASKS)]
    if number_from("missing", missing, 0) > 1:
        raise ValueError(f"missing={missing}: expected a share of the pixels, a number from 0 to 1")
    observed = ~make_mask(images[:, :1], missing)  # (n, 1, H, W)
    filled = fill_in(
        images,
        observed,
        num_chains=num_chains,
        num_transitions=num_transitions,
        num_leapfrog=num_leapfrog,
    )
    in_colour = images.expand(-1, 3, -1, -1)
    blue = images.new_tensor(MISSING).reshape(3, 1, 1)
    columns = {
        "given": torch.where(observed, in_colour, blue)[None],
        "draws": filled.samples[:samples],
        "mean": filled.mean[None],
        "original": images[None],
    }
    return image_columns(
        {name: image.expand(-1, -1, 3, -1, -1) for name, image in columns.items()},
        f"Missing pixels (blue) as E[x|z], for draws of z given the others\n"
        f"and on average over {filled.z.shape[0] * filled.z.shape[1]:,} draws; "
        f"{filled.acceptance.mean():.0%} of HMC's proposals accepted",
    )


def _random(images: Tensor, missing: float) -> Tensor:
    return torch.rand_like(images) < missing


def _band(dim: int, at_the_end: bool) -> Callable[[Tensor, float], Tensor]:
    """The first or last rows, dim -2, or columns, dim -1."""

    def mask(images: Tensor, missing: float) -> Tensor:
        size = images.shape[dim]
        length = round(missing * size)
        result = torch.zeros_like(images, dtype=torch.bool)
        result.narrow(dim, size - length if at_the_end else 0, length).fill_(True)
        return result

    return mask


def _box(images: Tensor, missing: float) -> Tensor:
    result = torch.zeros_like(images, dtype=torch.bool)
    height, width = (round(missing**0.5 * size) for size in images.shape[-2:])
    top, left = (images.shape[-2] - height) // 2, (images.shape[-1] - width) // 2
    result[..., top : top + height, left : left + width] = True
    return result


MASKS: Mapping[str, Callable[[Tensor, float], Tensor]] = {  # of images (N, 1, H, W): True where a pixel is missing
    "random": _random,
    "box": _box,
    "top": _band(-2, at_the_end=False),
    "bottom": _band(-2, at_the_end=True),
    "left": _band(-1, at_the_end=False),
    "right": _band(-1, at_the_end=True),
}
