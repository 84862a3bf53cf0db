"""Images on the Markov chain of a denoising model."""

from collections.abc import Callable

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.checks import one_of, true_or_false, whole_number
from aevb.figures.canvas.image_columns import image_columns
from aevb.samplers.denoising_chain import ChainStates

STARTS = ("images", "noise")


def markov_chain(
    x: Tensor,
    run_chain: Callable[..., ChainStates],
    *,
    n: int = 8,
    start: str = "images",
    states: int = 12,
    every: int = 5,
    sample: bool = True,
    sigma: float | None = None,
    show_means: bool = True,
) -> Figure:
    """A row for each of n chains x̃ ~ C(x̃|x), x' ~ P(x'|x̃): where it starts, and every `every`-th state.

    Bengio, Yao, Alain & Vincent 2013.

    start: the first of the images x (N, C, H, W), or pixels drawn from U(0, 1).
    sample: false takes the mean of P for x', the plain reconstruction; see `denoising_chain`.
    sigma: the standard deviation of P for a squared error; None: estimated from all of x. See `denoiser`.
    show_means: draw each state as the mean of the P(x|x̃) that it was drawn from, without the noise of single pixels.
    """
    images = x[: whole_number("n", n)]
    first = torch.rand_like(images) if one_of("start", start, STARTS) == "noise" else images
    chain = run_chain(first, sigma, num_states=whole_number("states", states), every=every, sample=sample)
    shown = chain.mean if true_or_false("show_means", show_means) else chain.x
    how = ", as the means of P(x'|x̃)" if show_means and sample else ""
    return image_columns(
        {"start": first[None], f"after {every}, {2 * every}, … steps{how}": shown},
        "Noise and denoising: x̃ ~ C(x̃|x), " + ("x' ~ P(x'|x̃)" if sample else "x' = E[x'|x̃]"),
    )
