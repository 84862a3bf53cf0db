"""The Gaussian posterior with a full covariance matrix."""

from torch import Tensor, nn
from torch.distributions import Distribution, MultivariateNormal, constraints, transform_to

from aevb.errors import whole_number


class FullNormalPosterior(nn.Module):
    """q(z|x) = N(z; μ(x), L(x) L(x)ᵀ), L lower triangular with a positive diagonal, both linear in the features.

    Shapes: (B, in_features) -> batch shape (B,), event shape (latent_dim,).
    """

    def __init__(self, in_features: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(in_features, whole_number("latent_dim", latent_dim))
        self.raw_cholesky = nn.Linear(in_features, latent_dim**2)
        self.to_cholesky = transform_to(constraints.lower_cholesky)

    def forward(self, features: Tensor) -> Distribution:
        mean = self.mean(features)  # (B, D)
        raw = self.raw_cholesky(features).unflatten(-1, (mean.shape[-1], mean.shape[-1]))  # (B, D, D)
        return MultivariateNormal(mean, scale_tril=self.to_cholesky(raw))
