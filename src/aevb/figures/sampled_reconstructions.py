"""Images beside one sampled reconstruction of each."""

from collections.abc import Callable

from matplotlib.figure import Figure
from torch import Tensor

from aevb.checks import whole_number
from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.canvas.sheet import sheet


def sampled_reconstructions(x: Tensor, sample_posterior: Callable[[Tensor, int], Tensor], *, n: int = 4) -> Figure:
    """The first n×n images (N, C, H, W) in a square, beside the mean of p(x|z) for one draw of z ~ q(z|x) each."""
    images = x[: whole_number("n", n) ** 2]
    columns = min(n, len(images))
    sides = {"images": images, "the mean of p(x|z), z ~ q(z|x)": sample_posterior(images, 1)[0]}
    figure = sheet(4.6, 2.8)
    for axes, (title, shown) in zip(figure.subplots(1, 2), sides.items(), strict=True):
        axes.imshow(mosaic(shown, columns=columns), interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(title, fontsize=8)
    figure.suptitle("Sampled reconstructions", fontsize=9)
    return figure
