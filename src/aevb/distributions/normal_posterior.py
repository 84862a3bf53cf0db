"""The diagonal Gaussian posterior."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal
from torch.nn.functional import softplus

from aevb.errors import whole_number

SCALES: dict[str, Callable[[Tensor], Tensor]] = {
    "log_variance": lambda s: torch.exp(s / 2),
    "log_scale": torch.exp,
    "softplus": softplus,
}


class NormalPosterior(nn.Module):
    """q(z|x) = N(z; μ(x), diag σ(x)²), where (μ, s) is linear in the features.

    `scale` says what s is: the log variance (σ = exp(s/2), Kingma & Welling 2014, appendix C), the log scale
    (σ = exp s), or the input of a softplus (σ = log(1 + exp s)).

    Shapes: (B, in_features) -> batch shape (B,), event shape (latent_dim,).
    """

    def __init__(self, in_features: int, latent_dim: int, scale: str = "log_variance") -> None:
        super().__init__()
        if scale not in SCALES:
            raise ValueError(f"posterior scale={scale!r}: expected one of {', '.join(SCALES)}")
        self.to_scale = SCALES[scale]
        self.parameters_of_q = nn.Linear(in_features, 2 * whole_number("latent_dim", latent_dim))

    def forward(self, features: Tensor) -> Distribution:
        mean, s = self.parameters_of_q(features).chunk(2, dim=-1)  # (B, D) each
        return Independent(Normal(mean, self.to_scale(s)), 1)
