"""The combined importance-weighted autoencoder, between the ELBO and IWAE."""

from torch import Tensor

from aevb.checks import number_from
from aevb.losses.importance_weighted import ImportanceWeighted, LogWeights, log_mean_exp


class CIWAE(ImportanceWeighted):
    """L̃ = η · 1/K Σₖ log wₖ + (1 - η) · log 1/K Σₖ wₖ.

    Rainforth et al. 2018, equation 8, whose β is η here, since β weighs a KL term elsewhere. η = 1 is SGVB-A with K
    samples, η = 0 is IWAE.

    elbo_weight: η, from 0 to 1.
    """

    def __init__(self, num_samples: int = 1, elbo_weight: float = 0.5) -> None:
        super().__init__(num_samples)
        if number_from("elbo_weight", elbo_weight, 0) > 1:
            raise ValueError(f"elbo_weight={elbo_weight}: expected a number from 0 to 1")
        self.elbo_weight = elbo_weight

    def bound(self, weights: LogWeights) -> Tensor:
        return self.elbo_weight * weights.log_w.mean(0) + (1 - self.elbo_weight) * log_mean_exp(weights.log_w)
