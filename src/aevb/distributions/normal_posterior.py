"""The diagonal Gaussian posterior."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal
from torch.nn.functional import softplus

from aevb.checks import one_of, whole_number
from aevb.distributions.bounded import bounded
from aevb.distributions.posterior import Posterior

SCALES: dict[str, Callable[[Tensor], Tensor]] = {
    "log_variance": lambda s: torch.exp(s / 2),
    "log_scale": lambda s: torch.exp(bounded(s)),
    "softplus": lambda s: 1e-8 + softplus(s),  # the 1e-8 keeps σ above 0
}


class NormalPosterior(Posterior):
    """q(z|x) = N(z; μ(x), diag σ(x)²), where (μ, s) is linear in the features.

    `scale` says what s is: the log variance (σ = exp(s/2), Kingma & Welling 2014, appendix C), the log scale
    (σ = exp s, s `bounded`), or the input of a softplus (σ = 1e-8 + log(1 + exp s)).

    Shapes: (B, in_features) -> batch shape (B,), event shape (latent_dim,).

    >>> q = NormalPosterior(in_features=3, latent_dim=2)(torch.zeros(5, 3))
    >>> q.batch_shape, q.event_shape
    (torch.Size([5]), torch.Size([2]))
    """

    def __init__(self, in_features: int, latent_dim: int, scale: str = "log_variance") -> None:
        super().__init__(nn.Linear(in_features, 2 * whole_number("latent_dim", latent_dim)))
        self.to_scale = SCALES[one_of("posterior scale", scale, SCALES)]

    def distribution(self, raw: Tensor) -> Distribution:
        mean, s = raw.chunk(2, dim=-1)  # (B, D) each
        return Independent(Normal(mean, self.to_scale(s)), 1)
