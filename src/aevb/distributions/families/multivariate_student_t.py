"""The multivariate Student t distribution."""

from math import log, pi
from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import Chi2, Distribution, constraints

from aevb.distributions.families.stirling import log_gamma_step


class MultivariateStudentT(Distribution):
    """z = loc + L t, t = ε √(df / χ²), ε ~ N(0, I), χ² ~ Chi2(df): an elliptical distribution with heavy tails.

    p(z) = Γ((df + D)/2) / (Γ(df/2) (df π)^(D/2) |L|) (1 + |L⁻¹(z - loc)|² / df)^(-(df + D)/2).

    df: positive. scale_tril: L, lower triangular with a positive diagonal.

    Shapes: df (...), loc (..., D), scale_tril (..., D, D) -> batch shape (...), event shape (D,).
    """

    arg_constraints = {  # noqa: RUF012
        "df": constraints.positive,
        "loc": constraints.real_vector,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, df: Tensor, loc: Tensor, scale_tril: Tensor, validate_args: bool | None = None) -> None:
        batch_shape = torch.broadcast_shapes(df.shape, loc.shape[:-1], scale_tril.shape[:-2])
        self.df = df.expand(batch_shape)
        self.loc = loc.expand(batch_shape + loc.shape[-1:])
        self.scale_tril = scale_tril.expand(batch_shape + scale_tril.shape[-2:])
        super().__init__(batch_shape, loc.shape[-1:], validate_args=validate_args)

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        shape = self._extended_shape(Size(sample_shape))
        noise = torch.randn(shape, dtype=self.loc.dtype, device=self.loc.device)
        chi2 = Chi2(self.df).rsample(Size(sample_shape))
        t = noise * (self.df / chi2).sqrt().unsqueeze(-1)
        return self.loc + (self.scale_tril @ t.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        # Rows are brought to a diagonal of ones first, so that scales of all sizes cancel.
        scale = self.scale_tril.diagonal(dim1=-2, dim2=-1)  # (..., D)
        unit = self.scale_tril / scale.unsqueeze(-1)
        centred = ((value - self.loc) / scale).unsqueeze(-1)
        t = torch.linalg.solve_triangular(unit, centred, upper=False, unitriangular=True).squeeze(-1)
        distance = torch.log1p(t.square().sum(-1) / self.df)
        x, h = self.df / 2, self.event_shape[0] / 2
        return log_gamma_step(x, h) - h * log(2 * pi) - scale.log().sum(-1) - (x + h) * distance

    @property
    def mean(self) -> Tensor:
        return self.loc.masked_fill(self.df.unsqueeze(-1) <= 1, torch.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def covariance_matrix(self) -> Tensor:
        """Infinite where df <= 2."""
        factor = (self.df / (self.df - 2)).masked_fill(self.df <= 2, torch.inf)
        return factor[..., None, None] * (self.scale_tril @ self.scale_tril.mT)

    @property
    def variance(self) -> Tensor:
        return self.covariance_matrix.diagonal(dim1=-2, dim2=-1)

    def expand(self, batch_shape: Any, _instance: Any = None) -> "MultivariateStudentT":
        shape = Size(batch_shape)
        loc, scale_tril = (
            parameter.expand(shape + parameter.shape[len(self.batch_shape) :])
            for parameter in (self.loc, self.scale_tril)
        )
        return MultivariateStudentT(self.df.expand(shape), loc, scale_tril, self._validate_args)
