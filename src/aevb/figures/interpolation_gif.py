"""From one image to another and back, through the latent space, for ever."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aevb.checks import whole_number
from aevb.figures.canvas.animation import Animation
from aevb.figures.canvas.latent_path import latent_path
from aevb.figures.canvas.two_images import two_images


def interpolation_gif(
    x: Tensor,
    y: Tensor,
    encode: Callable[[Tensor], Tensor],
    decode: Callable[[Tensor], Tensor],
    *,
    start: int = 0,
    end: int = 1,
    labels: Sequence[int] | None = None,
    path: str = "linear",
    n: int = 100,
    size: int = 256,
) -> Animation:
    """The path of `interpolation` there and back, n frames each way, without a jump where it loops.

    start, end, labels, path: as for `interpolation`. size: of the picture's longer side, in pixels.
    """
    if whole_number("n", n) < 2:
        raise ValueError("n=1: an animation has at least 2 frames each way")
    ends = x[list(two_images(y, start, end, labels))]
    t = 1 - (1 - torch.arange(2 * n) / n).abs()  # 0, 1/n, …, 1, …, 1/n
    z_start, z_end = encode(ends)
    return Animation(decode(latent_path(z_start, z_end, t, path)), size=size)
