"""Images decoded from samples of q(z|x)."""

from collections.abc import Callable

from matplotlib.figure import Figure
from torch import Tensor

from aevb.checks import whole_number
from aevb.figures.canvas.image_columns import image_columns


def posterior_samples(
    x: Tensor, sample_posterior: Callable[[Tensor, int], Tensor], *, n: int = 8, samples: int = 10
) -> Figure:
    """The first n images (N, C, H, W), each followed by images decoded from `samples` draws of its q(z|x)."""
    images = x[: whole_number("n", n)]
    drawn = sample_posterior(images, whole_number("samples", samples))  # (samples, n, C, H, W)
    return image_columns(
        {"image": images[None], "decoded draws of q(z|x)": drawn.to(images)}, "Samples of the posterior"
    )
