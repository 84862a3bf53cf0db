"""The Gaussian posterior whose covariance is diagonal plus a matrix of low rank."""

from torch import Tensor, nn
from torch.distributions import Distribution, LowRankMultivariateNormal

from aevb.checks import whole_number
from aevb.distributions.posterior import Posterior


class LowRankNormalPosterior(Posterior):
    """q(z|x) = N(z; μ(x), W(x) W(x)ᵀ + diag exp s(x)), W of `rank` columns, all linear in the features.

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
        return LowRankMultivariateNormal(mean, columns.unflatten(-1, (self.latent_dim, self.rank)), s.exp())
