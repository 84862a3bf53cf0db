"""Images that the model generates."""

from collections.abc import Callable

from matplotlib.figure import Figure
from torch import Tensor
from torch.distributions import Distribution

from aevb.checks import whole_number
from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.canvas.sheet import set_title, sheet


def prior_samples(sample: Callable[[int], Tensor], prior: Distribution | None, *, n: int = 10) -> Figure:
    """n×n images, each decoded from a draw of the prior p(z), or, where there is none, of the codes' distribution."""
    figure = sheet(4, 4.3)
    axes = figure.subplots()
    axes.imshow(mosaic(sample(whole_number("n", n) ** 2), columns=n), interpolation="nearest")
    axes.set_axis_off()
    drawn = "codes ~ p(codes), decoded" if prior is None else "z ~ p(z), shown as the mean of p(x|z)"
    set_title(axes, f"Samples: {drawn}")
    return figure
