"""The Gaussian posterior with a full covariance matrix."""

from torch import Tensor, nn
from torch.distributions import Distribution, MultivariateNormal, constraints, transform_to

from aevb.checks import whole_number
from aevb.distributions.posterior import Posterior


class FullNormalPosterior(Posterior):
    """q(z|x) = N(z; μ(x), L(x) L(x)ᵀ), L lower triangular with a positive diagonal, both linear in the features.

    Shapes: (B, in_features) -> batch shape (B,), event shape (latent_dim,).
    """

    def __init__(self, in_features: int, latent_dim: int) -> None:
        super().__init__(nn.Linear(in_features, whole_number("latent_dim", latent_dim) * (1 + latent_dim)))
        self.latent_dim = latent_dim
        self.to_cholesky = transform_to(constraints.lower_cholesky)

    def distribution(self, raw: Tensor) -> Distribution:
        mean, cholesky = raw.tensor_split([self.latent_dim], dim=-1)  # (B, D), (B, D·D)
        square = cholesky.unflatten(-1, (self.latent_dim, self.latent_dim))
        return MultivariateNormal(mean, scale_tril=self.to_cholesky(square))
