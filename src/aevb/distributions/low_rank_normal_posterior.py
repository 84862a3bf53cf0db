"""The Gaussian posterior whose covariance is diagonal plus a matrix of low rank."""

from torch import Tensor, nn
from torch.distributions import Distribution, LowRankMultivariateNormal

from aevb.errors import whole_number


class LowRankNormalPosterior(nn.Module):
    """q(z|x) = N(z; μ(x), W(x) W(x)ᵀ + diag exp s(x)), W of `rank` columns, all linear in the features.

    Shapes: (B, in_features) -> batch shape (B,), event shape (latent_dim,).
    """

    capturable = False  # torch's Cholesky factorisation asks the device whether it went well

    def __init__(self, in_features: int, latent_dim: int, rank: int = 1) -> None:
        super().__init__()
        self.rank = whole_number("rank", rank)
        self.mean_and_log_variance = nn.Linear(in_features, 2 * whole_number("latent_dim", latent_dim))
        self.factor = nn.Linear(in_features, latent_dim * rank)

    def forward(self, features: Tensor) -> Distribution:
        mean, s = self.mean_and_log_variance(features).chunk(2, dim=-1)  # (B, D) each
        factor = self.factor(features).unflatten(-1, (mean.shape[-1], self.rank))  # (B, D, rank)
        return LowRankMultivariateNormal(mean, factor, s.exp())
