"""The Gaussian posterior with a full covariance matrix."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, MultivariateNormal

from aevb.checks import whole_number
from aevb.distributions.bounded import bounded, not_lost_beside
from aevb.distributions.posterior import Posterior


class FullNormalPosterior(Posterior):
    """q(z|x) = N(z; μ(x), L(x) L(x)ᵀ), L lower triangular with a positive diagonal.

    μ, the entries below the diagonal and s are linear in the features. The diagonal is exp s, with s `bounded`, and not
    lost beside the rest of its row, whose length r it is joined with to √(exp 2s + (κr)²), κ = √ε/4 for the rounding
    error ε: z determines L⁻¹(z - μ) only if no row is nearly a combination of those above.

    Shapes: (B, in_features) -> batch shape (B,), event shape (latent_dim,).
    """

    def __init__(self, in_features: int, latent_dim: int) -> None:
        super().__init__(nn.Linear(in_features, whole_number("latent_dim", latent_dim) * (1 + latent_dim)))
        self.latent_dim = latent_dim

    def distribution(self, raw: Tensor) -> Distribution:
        mean, cholesky = raw.tensor_split([self.latent_dim], dim=-1)  # (B, D), (B, D·D)
        square = cholesky.unflatten(-1, (self.latent_dim, self.latent_dim))
        below = square.tril(-1)
        rows = torch.linalg.vector_norm(below, dim=-1)  # (B, D)
        scale = bounded(square.diagonal(dim1=-2, dim2=-1)).exp()
        scale = not_lost_beside(scale, rows, torch.finfo(raw.dtype).eps ** 0.5 / 4)
        return MultivariateNormal(mean, scale_tril=below + scale.diag_embed())
