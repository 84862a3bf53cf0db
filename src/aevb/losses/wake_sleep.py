"""The wake-sleep algorithm."""

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.distributions import Support, marginal_family, support_of
from aevb.losses.densities import Densities
from aevb.losses.fixed_support import check_fixed_support
from aevb.losses.importance_weighted import LogWeights
from aevb.losses.variational_bound import LossTerms, VariationalBound


class WakeSleep(VariationalBound):
    """Awake, θ: -1/L Σₗ log p(x, zₗ), zₗ ~ q(z|x). Asleep, φ: -1/L Σₗ log q(z′ₗ|x′ₗ), (x′, z′) ~ p(x|z) p(z).

    Hinton, Dayan, Frey & Neal 1995; the baseline of Kingma & Welling 2014, section 5. Neither half differentiates
    through a sample, so that any latents would do; together they follow the gradient of no single objective. The
    dreams x′ are samples of p(x|z), black and white ones of a Bernoulli: images should be binarised too.

    Raises Unexplained unless the posterior, whatever its parameters, can give every z of the prior.
    """

    def forward(self, x: Tensor, densities: Densities) -> LossTerms:
        q, prior = densities.posterior_of(x), densities.prior
        check_fixed_support(q)
        check_explains(q, prior)
        z = q.sample((self.num_samples,))  # (L, B, D)
        log_p = prior.log_prob(z)
        weights = LogWeights(z, -densities.likelihood_of(z).log_prob(x), q.log_prob(z).detach() - log_p)
        awake = (weights.reconstruction - log_p).mean(0)
        with torch.no_grad():
            dreamt_z = prior.sample((self.num_samples, len(x)))  # (L, B, D)
            dreamt_x = densities.likelihood_of(dreamt_z).sample()  # (L, B, C, H, W)
        log_q = densities.posterior_of(dreamt_x.flatten(0, 1)).log_prob(dreamt_z.flatten(0, 1))  # (L·B,)
        return weights.terms(awake - log_q.unflatten(0, dreamt_z.shape[:2]).mean(0))


class Unexplained(ValueError):
    """p(z) has mass where q(z|x) has none, and a loss asks q about z from there; `prior` says where p(z) lives."""

    def __init__(self, message: str, prior: Support) -> None:
        super().__init__(message)
        self.prior = prior


def check_explains(posterior: Distribution, prior: Distribution) -> None:
    """Raise Unexplained if p(z) has mass where q(z|x) has none."""
    q, p = support_of(posterior, whatever_the_parameters=True), support_of(prior)
    if q != p:
        family = type(marginal_family(posterior)).__name__
        raise Unexplained(
            f"this loss fits q(z|x) to z from all of the prior, on {p}, and {family} has its support on {q}", p
        )
