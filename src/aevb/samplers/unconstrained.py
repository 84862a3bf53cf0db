"""The joint density of images and latents, in coordinates that take every real number."""

from collections.abc import Callable
from typing import Any

from torch import Size, Tensor
from torch.distributions import Distribution, biject_to
from torch.distributions.constraints import MixtureSameFamilyConstraint

from aevb.samplers.hmc import LogDensity


class Unconstrained:
    """log p(x, u) for z = z(u), u real: the prior's support is opened up by torch's `biject_to`.

    p(u) = p(z(u)) |dz/du|, so that ∫ p(x, u) du = p(x). On all real numbers u is z itself.

    x: images (B, C, H, W). decode: z (..., B, D) -> p(x|z).
    """

    def __init__(self, x: Tensor, prior: Distribution, decode: Callable[[Tensor], Distribution]) -> None:
        self.x = x
        self.prior = prior
        self.decode = decode
        support: Any = prior.support
        if isinstance(support, MixtureSameFamilyConstraint):
            support = support.base_constraint  # that of each component
        self.to_support = biject_to(support)

    def z(self, u: Tensor) -> Tensor:
        """(..., B, D') -> (..., B, D); D' is D - 1 on a simplex."""
        z: Tensor = self.to_support(u)
        return z

    def u(self, z: Tensor) -> Tensor:
        u: Tensor = self.to_support.inv(z)
        return u

    def log_prior(self, u: Tensor) -> Tensor:
        """log p(u): (..., B, D') -> (..., B) nats."""
        return self.log_density(self.prior, u)

    def log_density(self, distribution: Distribution, u: Tensor) -> Tensor:
        """The log density of u where z(u) has the given distribution, such as q(z|x)."""
        z = self.to_support(u)
        volume = self.to_support.log_abs_det_jacobian(u, z)
        if volume.ndim == u.ndim:  # one for each dimension
            volume = volume.sum(-1)
        log_density: Tensor = distribution.log_prob(z) + volume
        return log_density

    def log_likelihood(self, u: Tensor) -> Tensor:
        """log p(x|z(u)): (..., B, D') -> (..., B) nats."""
        return self.decode(self.to_support(u)).log_prob(self.x)

    def tempered(self, beta: float) -> LogDensity:
        """u (..., B, D') -> log p(u) + β log p(x|z(u)), (..., B) nats: the prior at β = 0, p(x, u) at 1."""
        return lambda u: self.log_prior(u) + beta * self.log_likelihood(u)

    def draws_of_prior(self, num_chains: int) -> Tensor:
        """Draws of p(u) for each image: (num_chains, B, D')."""
        return self.u(self.prior.sample(Size((num_chains, len(self.x))))).detach()
