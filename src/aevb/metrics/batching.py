"""How much can be computed at once."""

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from aevb.models import ImageModel

T = TypeVar("T")
CACHE = 8 * 2**20  # bytes of images, roughly what a core's caches hold


class Track(Protocol):
    """Goes through a sequence, and may show how far it has come."""

    def __call__(self, sequence: Sequence[T]) -> Iterable[T]: ...


def untracked(sequence: Sequence[T]) -> Iterable[T]:
    """Nothing is shown."""
    return sequence


@torch.no_grad()
def pairs_that_fit(model: ImageModel, latent_dim: int, num_bytes: float) -> int:
    """How many latents can be decoded and compared with an image at once, in so many bytes; at least 1.

    Counts every layer's output for one latent, as if all were kept (as for a gradient they are), and five times the
    pixels for the log likelihood. On a CPU the images decoded at once are no more than its caches hold, too: passes
    over what has gone to main memory take longer than the matrix products.
    """
    numbers = 5 * prod(model.image_shape)

    def count(layer: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal numbers
        numbers += output.numel() if isinstance(output, Tensor) else 0

    parameter = next(model.parameters())
    leaves = [layer for layer in model.modules() if not list(layer.children())]
    hooks = [layer.register_forward_hook(count) for layer in leaves]
    try:
        model.decode(torch.zeros(1, latent_dim, dtype=parameter.dtype, device=parameter.device))
    finally:
        for hook in hooks:
            hook.remove()
    if parameter.device.type == "cpu":
        num_bytes = min(num_bytes, CACHE * numbers / prod(model.image_shape))
    return max(1, int(num_bytes / (numbers * parameter.element_size())))


def parts(x: Tensor, pairs: int, num_samples: int) -> list[Tensor]:
    """The images in batches that leave room for all the samples of each, or of one image, for as many as fit."""
    return list(x.split(max(1, pairs // num_samples)))
