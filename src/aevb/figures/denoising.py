"""Noisy images and what the model makes of them."""

from matplotlib.figure import Figure
from torch import Tensor

from aevb.checks import whole_number
from aevb.figures.canvas.image_rows import image_rows


def denoising(noisy: Tensor, denoised: Tensor, x: Tensor, *, n: int = 10) -> Figure:
    """The first n images with noise, what they are decoded to, and without noise: (N, C, H, W) each."""
    n = whole_number("n", n)
    return image_rows({"noisy": noisy[:n], "denoised": denoised[:n], "clean": x[:n]}, "Denoising")
