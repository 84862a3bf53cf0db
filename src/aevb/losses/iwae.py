"""The importance-weighted autoencoder."""

from collections.abc import Callable

from torch import Tensor
from torch.distributions import Distribution

from aevb.losses.log_weights import LogWeights, log_mean_exp
from aevb.losses.variational_bound import LossTerms, VariationalBound


class IWAE(VariationalBound):
    """L̃_K = log 1/K Σₖ wₖ, wₖ = p(x, zₖ) / q(zₖ|x), zₖ ~ q(z|x) reparameterised.

    Burda, Grosse & Salakhutdinov 2016, equation 8. K = 1 is SGVB-A; in expectation it grows with K, to log p(x).
    """

    best_by = "loss"

    def forward(
        self,
        x: Tensor,
        posterior: Distribution,
        prior: Distribution,
        decode: Callable[[Tensor], Distribution],
        encode: Callable[[Tensor], Distribution] | None = None,
    ) -> LossTerms:
        z = posterior.rsample((self.num_samples,))  # (K, B, D)
        weights = LogWeights(-decode(z).log_prob(x), posterior.log_prob(z) - prior.log_prob(z))
        return weights.terms(-log_mean_exp(weights.log_w))
