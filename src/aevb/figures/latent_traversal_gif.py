"""Images as each of the latent dimensions changes, there and back, for ever."""

from collections.abc import Callable
from math import ceil

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.checks import whole_number
from aevb.figures.canvas.animation import Animation
from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.canvas.traversal import traversal

COLUMNS = 5


def latent_traversal_gif(
    decode: Callable[[Tensor], Tensor],
    z: Tensor,
    prior: Distribution | None = None,
    kl_by_dimension: Tensor | None = None,
    *,
    start: int | None = None,
    n: int = 50,
    rows: int = 10,
    size: int = 512,
) -> Animation:
    """The rows of `latent_traversal` side by side, in reading order; all go there and back, n frames each way.

    start, rows: as for `latent_traversal`. size: of the picture's longer side, in pixels.
    """
    if whole_number("n", n) < 2:
        raise ValueError("n=1: an animation has at least 2 frames each way")
    paths = traversal(z, prior, kl_by_dimension, torch.linspace(0.01, 0.99, n + 1), start, rows)
    images = decode(paths.codes).transpose(0, 1)  # (n + 1, R, C, H, W)
    columns = ceil(images.shape[1] / ceil(images.shape[1] / COLUMNS))  # of rows as equal as they can be
    channels = images.shape[2]
    there = torch.stack([torch.from_numpy(mosaic(frame, columns))[..., :channels] for frame in images])
    frames = torch.cat([there, there[1:-1].flip(0)]).permute(0, 3, 1, 2)
    return Animation(frames, size=size)
