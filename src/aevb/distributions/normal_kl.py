"""The closed form between Gaussians with a covariance and Gaussians without one, which torch does not register."""

from torch import Tensor
from torch.distributions import (
    Independent,
    LowRankMultivariateNormal,
    MultivariateNormal,
    Normal,
    kl_divergence,
    register_kl,
)


def kl_from_diagonal(q: MultivariateNormal | LowRankMultivariateNormal, p: Independent[Normal]) -> Tensor:
    """KL(N(μ, Σ) ‖ N(m, diag s²)) in nats, by writing p with a matrix too."""
    if not isinstance(p.base_dist, Normal):
        raise NotImplementedError
    return kl_divergence(q, MultivariateNormal(p.base_dist.mean, scale_tril=p.base_dist.stddev.diag_embed()))


for family in (MultivariateNormal, LowRankMultivariateNormal):
    register_kl(family, Independent)(kl_from_diagonal)
