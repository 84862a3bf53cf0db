"""Between the ELBO and the importance-weighted bound."""

from collections.abc import Callable

from torch import Tensor
from torch.distributions import Distribution

from aevb.errors import number_from
from aevb.losses.log_weights import LogWeights, log_mean_exp
from aevb.losses.variational_bound import LossTerms, VariationalBound


class CIWAE(VariationalBound):
    """L̃ = η · 1/K Σₖ log wₖ + (1 - η) · log 1/K Σₖ wₖ, zₖ ~ q(z|x) reparameterised.

    Rainforth et al. 2018, equation 8, whose β is η here, since β weighs a KL term elsewhere. η = 1 is SGVB-A with K
    samples, η = 0 is IWAE.

    elbo_weight: η, from 0 to 1.
    """

    best_by = "loss"

    def __init__(self, num_samples: int = 1, elbo_weight: float = 0.5) -> None:
        super().__init__(num_samples)
        if number_from("elbo_weight", elbo_weight, 0) > 1:
            raise ValueError(f"elbo_weight={elbo_weight}: expected a number from 0 to 1")
        self.elbo_weight = elbo_weight

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
        elbo, bound = weights.log_w.mean(0), log_mean_exp(weights.log_w)
        return weights.terms(-(self.elbo_weight * elbo + (1 - self.elbo_weight) * bound))
