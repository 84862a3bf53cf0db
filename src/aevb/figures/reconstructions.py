"""Images and what the model makes of them."""

from matplotlib.figure import Figure
from torch import Tensor

from aevb.checks import whole_number
from aevb.figures.canvas.image_rows import image_rows


def reconstructions(x: Tensor, reconstruction: Tensor, *, n: int = 10) -> Figure:
    """The first n images (N, C, H, W) over their reconstructions."""
    n = whole_number("n", n)
    return image_rows({"original": x[:n], "reconstruction": reconstruction[:n]}, "Reconstructions")
