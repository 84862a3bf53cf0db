"""A VAE made of this project's parts whose log p(x), posterior and ELBO are known exactly: probabilistic PCA."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import (
    Distribution,
    Independent,
    MultivariateNormal,
    Normal,
    constraints,
    kl_divergence,
    transform_to,
)

from aevb.distributions import FullNormalPosterior, Gaussian, NormalPosterior, StandardNormal
from aevb.losses import SGVBB
from aevb.models import VAE
from aevb.networks import MLPDecoder, MLPEncoder


class LinearVAE:
    """p(z) = N(0, I), p(x|z) = N(Wz + b, σ² I), q(z|x) Gaussian with a mean linear in x (Tipping & Bishop 1999).

    model: the VAE, in float64. Its encoder is random, unless `exact` gives q(z|x) = p(z|x), for a full covariance.
    """

    def __init__(
        self,
        latent_dim: int = 2,
        sigma: float = 0.7,
        posterior: Callable[..., nn.Module] = FullNormalPosterior,
        image_shape: tuple[int, int, int] = (1, 2, 3),
        seed: int = 0,
        **parts: Any,
    ) -> None:
        torch.manual_seed(seed)
        arguments: dict[str, Any] = {
            "encoder": MLPEncoder(image_shape, []),
            "decoder": partial(MLPDecoder, latent_dim, hidden_sizes=[]),
            "posterior": partial(posterior, latent_dim=latent_dim),
            "prior": StandardNormal(latent_dim),
            "likelihood": Gaussian(sigma=sigma),
            "loss": SGVBB(),
        }
        self.model = VAE(**{**arguments, **parts}).double().eval().requires_grad_(False)
        self.sigma = sigma
        self.weight.normal_()

    @property
    def weight(self) -> Tensor:
        """W: (n, D)."""
        return self.model.decoder.pixels.weight  # type: ignore[union-attr, return-value]

    @property
    def bias(self) -> Tensor:
        return self.model.decoder.pixels.bias  # type: ignore[union-attr, return-value]

    @property
    def marginal(self) -> MultivariateNormal:
        """p(x) = N(b, W Wᵀ + σ² I)."""
        return MultivariateNormal(
            self.bias, self.weight @ self.weight.T + self.sigma**2 * torch.eye(len(self.bias)).double()
        )

    def images(self, n: int, seed: int = 1) -> Tensor:
        """Draws of p(x): (n, C, H, W)."""
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(n, self.weight.shape[1], dtype=torch.float64, generator=generator)
        noise = torch.randn(n, len(self.bias), dtype=torch.float64, generator=generator)
        return (z @ self.weight.T + self.bias + self.sigma * noise).unflatten(1, self.model.image_shape)

    def log_px(self, x: Tensor) -> Tensor:
        return self.marginal.log_prob(x.flatten(1))

    def posterior(self, x: Tensor) -> MultivariateNormal:
        """p(z|x)."""
        precision = torch.eye(self.weight.shape[1]).double() + self.weight.T @ self.weight / self.sigma**2
        covariance = torch.linalg.inv(precision)
        mean = (x.flatten(1) - self.bias) @ self.weight @ covariance / self.sigma**2
        return MultivariateNormal(mean, covariance.expand(len(x), -1, -1))

    def elbo(self, x: Tensor, q: Distribution) -> Tensor:
        """log p(x) - KL(q ‖ p(z|x)) of a Gaussian q."""
        if isinstance(q, Independent):
            assert isinstance(q.base_dist, Normal)
            q = MultivariateNormal(q.mean, scale_tril=q.stddev.diag_embed())
        return self.log_px(x) - kl_divergence(q, self.posterior(x))

    def make_exact(self, widen: float = 1.0) -> "LinearVAE":
        """Set a full-covariance encoder to p(z|x), its standard deviations multiplied by `widen`."""
        posterior: Any = self.model.posterior
        zero = torch.zeros(1, *self.model.image_shape).double()
        exact = self.posterior(zero)
        cholesky = transform_to(constraints.lower_cholesky).inv(exact.scale_tril[0] * widen).flatten()
        posterior.head.bias.copy_(torch.cat([exact.mean[0], cholesky]))
        posterior.head.weight.zero_()
        posterior.head.weight[: exact.mean.shape[1]] = exact.covariance_matrix[0] @ self.weight.T / self.sigma**2
        return self


def diagonal(**arguments: Any) -> LinearVAE:
    """One with a diagonal posterior, which is then not in the family of p(z|x)."""
    return LinearVAE(posterior=NormalPosterior, **arguments)
