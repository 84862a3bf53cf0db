"""A model whose evidence and posterior are known exactly, in float64."""

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, MultivariateNormal, Normal

from aevb.losses import Densities

BATCH, LATENT, PIXELS = 4, 2, 6


def a_posterior(seed: int = 0) -> Distribution:
    generator = torch.Generator().manual_seed(seed)
    mean = torch.randn(BATCH, LATENT, dtype=torch.float64, generator=generator)
    scale = 0.3 + torch.rand(BATCH, LATENT, dtype=torch.float64, generator=generator)
    return Independent(Normal(mean, scale), 1)


def a_prior() -> Distribution:
    return Independent(Normal(torch.zeros(LATENT).double(), torch.ones(LATENT).double()), 1)


class LinearGaussian:
    """p(z) = N(0, I), p(x|z) = N(Wz + b, s² I): marginal and posterior are known (Tipping & Bishop 1999).

    copies: how often the BATCH images are repeated, so that one call of a bound gives as many independent draws.
    """

    def __init__(self, copies: int = 1) -> None:
        generator = torch.Generator().manual_seed(1)
        self.weight = torch.randn(PIXELS, LATENT, dtype=torch.float64, generator=generator)
        self.bias = torch.randn(PIXELS, dtype=torch.float64, generator=generator)
        self.scale = 0.7
        self.x = torch.randn(BATCH, 1, 2, 3, dtype=torch.float64, generator=generator).repeat(copies, 1, 1, 1)

    def decode(self, z: Tensor) -> Distribution:
        mean = (z @ self.weight.T + self.bias).unflatten(-1, (1, 2, 3))
        return Independent(Normal(mean, self.scale), 3)

    def densities(self, q: Distribution, prior: Distribution) -> Densities:
        """This likelihood with any q(z|x), the same for all images, and any p(z)."""
        return Densities(lambda x: q, prior, self.decode)

    def log_marginal(self) -> Tensor:
        covariance = self.weight @ self.weight.T + self.scale**2 * torch.eye(PIXELS).double()
        return MultivariateNormal(self.bias, covariance).log_prob(self.x.flatten(1))

    def exact_posterior(self) -> Distribution:
        precision = torch.eye(LATENT).double() + self.weight.T @ self.weight / self.scale**2
        covariance = torch.linalg.inv(precision)
        mean = (self.x.flatten(1) - self.bias) @ self.weight @ covariance / self.scale**2
        return MultivariateNormal(mean, covariance.expand(len(self.x), LATENT, LATENT))


class FullPrior:
    """N(0, I) as a MultivariateNormal, so that torch knows its KL from a full-covariance posterior."""

    @staticmethod
    def make() -> Distribution:
        return MultivariateNormal(torch.zeros(LATENT).double(), torch.eye(LATENT).double())
