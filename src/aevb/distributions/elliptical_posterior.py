"""The elliptical posterior."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aevb.checks import whole_number
from aevb.distributions.bounded import bounded
from aevb.distributions.families.multivariate_student_t import MultivariateStudentT
from aevb.distributions.posterior import Posterior

LEAST_DF = 2.0  # below, there is no variance


class EllipticalPosterior(Posterior):
    """q(z|x) = t_ν(z; μ(x), L(x) L(x)ᵀ), the multivariate Student t: z = μ + L t.

    Location-scale (Kingma & Welling 2014, section 2.4, point 2). L = diag(exp(s/2)) U, where U is lower triangular with
    ones on its diagonal: any lower triangular matrix with a positive diagonal. μ, s, the entries of U and log(ν - 2)
    are linear in the features; s/2 and log(ν - 2) are `bounded`.

    Shapes: (B, in_features) -> batch shape (B,), event shape (latent_dim,).
    """

    def __init__(self, in_features: int, latent_dim: int) -> None:
        super().__init__(nn.Linear(in_features, whole_number("latent_dim", latent_dim) * (1 + latent_dim) + 1))
        self.latent_dim = latent_dim

    def distribution(self, raw: Tensor) -> Distribution:
        log_df, mean, square = raw.tensor_split([1, 1 + self.latent_dim], dim=-1)  # (B, 1), (B, D), (B, D·D)
        square = square.unflatten(-1, (self.latent_dim, self.latent_dim))
        scale = bounded(square.diagonal(dim1=-2, dim2=-1) / 2).exp()
        unit = square.tril(-1) + torch.eye(self.latent_dim, dtype=raw.dtype, device=raw.device)
        return MultivariateStudentT(LEAST_DF + bounded(log_df.squeeze(-1)).exp(), mean, scale.unsqueeze(-1) * unit)
