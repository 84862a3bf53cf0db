"""The wake-sleep algorithm."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.distributions import factor, support_of
from aevb.errors import UserError
from aevb.losses.fixed_support import check_fixed_support
from aevb.losses.log_weights import LogWeights
from aevb.losses.variational_bound import LossTerms, VariationalBound


class WakeSleep(VariationalBound):
    """Awake, θ: -1/L Σₗ log p(x, zₗ), zₗ ~ q(z|x). Asleep, φ: -1/L Σₗ log q(z′ₗ|x′ₗ), (x′, z′) ~ p(x|z) p(z).

    Hinton, Dayan, Frey & Neal 1995; the baseline of Kingma & Welling 2014, section 5. Neither half differentiates
    through a sample, so that any latents would do; together they follow the gradient of no single objective. The
    dreams x′ are samples of p(x|z), black and white ones of a Bernoulli: images should be binarised too.

    Raises UserError unless the posterior, whatever its parameters, can give every z of the prior.
    """

    def forward(
        self,
        x: Tensor,
        posterior: Distribution,
        prior: Distribution,
        decode: Callable[[Tensor], Distribution],
        encode: Callable[[Tensor], Distribution] | None = None,
    ) -> LossTerms:
        if encode is None:
            raise ValueError("wake_sleep needs `encode`, x -> q(z|x), for the images that it dreams")
        check_fixed_support(posterior, "wake_sleep")
        check_explains(posterior, prior)
        z = posterior.sample((self.num_samples,))  # (L, B, D)
        log_p = prior.log_prob(z)
        weights = LogWeights(-decode(z).log_prob(x), posterior.log_prob(z).detach() - log_p)
        awake = (weights.reconstruction - log_p).mean(0)
        with torch.no_grad():
            dreamt_z = prior.sample((self.num_samples, len(x)))  # (L, B, D)
            dreamt_x = decode(dreamt_z).sample()  # (L, B, C, H, W)
        log_q = encode(dreamt_x.flatten(0, 1)).log_prob(dreamt_z.flatten(0, 1))  # (L·B,)
        return weights.terms(awake - log_q.unflatten(0, dreamt_z.shape[:2]).mean(0))


def check_explains(posterior: Distribution, prior: Distribution) -> None:
    """Raise UserError if p(z) has mass where q(z|x) has none."""
    q, p = support_of(posterior, whatever_the_parameters=True), support_of(prior)
    if q != p:
        family = type(factor(posterior)).__name__
        raise UserError(f"wake_sleep dreams of z on {p}, and {family} lives on {q}: choose a posterior on {p}")
