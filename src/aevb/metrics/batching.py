"""Sizes of batches that fit the memory and the caches."""

from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from aevb.models import ImageModel

CACHE = 8 * 2**20  # bytes of images, roughly what a core's caches hold


@torch.no_grad()
def numbers_of_a_decode(model: ImageModel, latent_dim: int) -> int:
    """How many numbers decoding one latent, and comparing it with an image, keeps in memory.

    Counts every layer's output, as if all were kept (as for a gradient they are), and five times the pixels for the log
    likelihood.
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
    return numbers


def max_decodes(model: ImageModel, latent_dim: int, num_bytes: float) -> int:
    """How many latents can be decoded and compared with an image at once, in the given memory; at least 1.

    On a CPU the images decoded at once are no more than its caches hold, too: passes over what has gone to main memory
    take longer than the matrix products.
    """
    numbers, parameter = numbers_of_a_decode(model, latent_dim), next(model.parameters())
    if parameter.device.type == "cpu":
        num_bytes = min(num_bytes, CACHE * numbers / prod(model.image_shape))
    return max(1, int(num_bytes / (numbers * parameter.element_size())))


def in_batches(x: Tensor, decodes: int, num_samples: int) -> list[Tensor]:
    """The images in batches: as many as fit with all samples of each, and at least one image.

    decodes: how many latents are decoded at once.
    """
    return list(x.split(max(1, decodes // num_samples)))


def chunk_sizes(total: int, largest: int) -> list[int]:
    """The total as a sum of numbers of at most `largest`.

    >>> chunk_sizes(10, 4)
    [4, 4, 2]
    """
    full, rest = divmod(total, largest)
    return [largest] * full + [rest] * (rest > 0)
