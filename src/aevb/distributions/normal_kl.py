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


@register_kl(LowRankMultivariateNormal, Independent)
@register_kl(MultivariateNormal, Independent)
def kl_from_diagonal(q: MultivariateNormal | LowRankMultivariateNormal, p: Independent) -> Tensor:
    """KL(N(μ, Σ) ‖ N(m, diag s²)) in nats, by writing p with a matrix too."""
    if not isinstance(p.base_dist, Normal):
        raise NotImplementedError
    return kl_divergence(q, MultivariateNormal(p.base_dist.mean, scale_tril=p.base_dist.stddev.diag_embed()))
