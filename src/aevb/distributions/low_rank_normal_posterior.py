"""The Gaussian posterior whose covariance is diagonal plus a matrix of low rank."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, LowRankMultivariateNormal

from aevb.checks import whole_number
from aevb.distributions.bounded import bounded, not_lost_beside
from aevb.distributions.posterior import Posterior


class LowRankNormalPosterior(Posterior):
    """q(z|x) = N(z; μ(x), W(x) W(x)ᵀ + diag v(x)), W of `rank` columns.

    μ, W and s are linear in the features. v is exp s, with s `bounded`, and not lost beside the diagonal w of W Wᵀ: the
    two are joined to √(exp 2s + (κw)²), κ = √ε/4 for the rounding error ε, since (W Wᵀ + diag v)⁻¹ is computed as a
    difference of terms in 1/v.

    Shapes: (B, in_features) -> batch shape (B,), event shape (latent_dim,).
    """

    def __init__(self, in_features: int, latent_dim: int, rank: int = 1) -> None:
        super().__init__(
            nn.Linear(in_features, whole_number("latent_dim", latent_dim) * (2 + whole_number("rank", rank)))
        )
        self.latent_dim = latent_dim
        self.rank = rank

    def distribution(self, raw: Tensor) -> Distribution:
        mean, s, columns = raw.tensor_split(
            [self.latent_dim, 2 * self.latent_dim], dim=-1
        )  # (B, D), (B, D), (B, D·rank)
        columns = columns.unflatten(-1, (self.latent_dim, self.rank))
        share = torch.finfo(raw.dtype).eps ** 0.5 / 4
        variance = not_lost_beside(bounded(s).exp(), columns.square().sum(-1), share)
        return LowRankMultivariateNormal(mean, columns, variance)
