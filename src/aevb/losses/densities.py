"""The three distributions of a VAE, as a loss sees them."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.distributions import Distribution


@dataclass(frozen=True)
class Densities:
    """q(z|x), p(z) and p(x|z): all that a bound on log p(x) is made of.

    posterior_of: x (B, C, H, W) -> q(z|x), with batch shape (B,) and event shape (D,).
    prior: p(z), with event shape (D,).
    likelihood_of: z (..., D) -> p(x|z), with batch shape (...) and event shape (C, H, W).
    """

    posterior_of: Callable[[Tensor], Distribution]
    prior: Distribution
    likelihood_of: Callable[[Tensor], Distribution]
