"""Black and white pixels from grey ones."""

import torch
from torch import Tensor

from aevb.seeding import generator_for

CHOICES = ("none", "threshold", "dynamic", "static")


def binarize_once(images: Tensor, how: str) -> Tensor:
    """Images as they are stored: uint8 (N, C, H, W) of 0 … 255 -> the same.

    none and dynamic leave the grey levels (dynamic samples when a batch is served); threshold makes white what is at
    least half white; static draws each pixel once from Bernoulli(grey level), the same draw in every run, as in the
    binarised MNIST of Larochelle & Murray (2011).
    """
    if how == "threshold":
        return (images >= 128).to(torch.uint8) * 255
    if how == "static":
        generator = generator_for("static binarisation", len(images))
        white = [torch.bernoulli(part / 255, generator=generator) for part in images.split(10_000)]
        return torch.cat([part.to(torch.uint8) for part in white]) * 255
    return images
