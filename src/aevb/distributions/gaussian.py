"""The likelihood of real-valued pixels."""

from collections.abc import Sequence
from math import expm1, log

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal
from torch.nn.functional import softplus

from aevb.checks import number_from, one_of
from aevb.distributions.likelihood import Likelihood
from aevb.distributions.output_activation import OutputActivation

SCALES = ("fixed", "learned", "predicted")


class Gaussian(Likelihood):
    """p(x|z) = ∏ᵢ N(xᵢ; μᵢ, σᵢ²), with its normalising constant.

    mean: the decoder's output itself (identity), its sigmoid, which keeps μ in (0, 1) (Kingma & Welling 2014, appendix
        C.2), or its tanh, for μ in (-1, 1).
    scale: fixed at `sigma`; learned as one number for all pixels; or predicted by the decoder for each pixel. The
        last two start near `sigma` and are min_sigma + softplus(·): pixels that are black in every image would
        otherwise be given an infinite density.

    Shapes: (..., C, H, W), or (..., 2C, H, W) when predicted (means, then scales) -> batch shape (...), event shape
    (C, H, W).
    """

    sigma: Tensor

    def __init__(
        self, mean: str = "identity", scale: str = "fixed", sigma: float = 1.0, min_sigma: float = 0.01
    ) -> None:
        super().__init__()
        number_from("min_sigma", min_sigma, 0, above=True)
        number_from("sigma", sigma, 0 if scale == "fixed" else min_sigma, above=True)
        self.to_mean = OutputActivation("likelihood mean", mean)
        self.scale = one_of("likelihood scale", scale, SCALES)
        self.min_sigma = min_sigma
        if scale == "fixed":
            self.register_buffer("sigma", torch.tensor(float(sigma)), persistent=False)
        else:
            above = sigma - min_sigma
            self.start = above + log(-expm1(-above))  # softplus(start) = above
        if scale == "learned":
            self.raw_sigma = nn.Parameter(torch.tensor(self.start))

    def check_range(self, low: float, high: float) -> None:
        self.to_mean.check_range(low, high)

    def parameter_shape(self, image_shape: Sequence[int]) -> tuple[int, ...]:
        channels, *size = image_shape
        return (2 * channels if self.scale == "predicted" else channels, *size)

    def forward(self, output: Tensor) -> Distribution:
        if self.scale == "predicted":
            output, raw_sigma = output.chunk(2, dim=-3)
            sigma = self.min_sigma + softplus(raw_sigma + self.start)
        elif self.scale == "learned":
            sigma = self.min_sigma + softplus(self.raw_sigma)
        else:
            sigma = self.sigma
        return Independent(Normal(self.to_mean(output), sigma), 3)
