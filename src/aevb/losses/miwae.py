"""Several importance-weighted bounds, averaged."""

from collections.abc import Callable

from torch import Tensor
from torch.distributions import Distribution

from aevb.errors import whole_number
from aevb.losses.log_weights import LogWeights, log_mean_exp
from aevb.losses.variational_bound import LossTerms, VariationalBound


class MIWAE(VariationalBound):
    """L̃_{M,K} = 1/M Σₘ log 1/K Σₖ w_{m,k}, z_{m,k} ~ q(z|x) reparameterised.

    Rainforth et al. 2018, equation 7: M lowers the variance of the gradient by φ without the loss of signal that
    more K brings. M = 1 is IWAE, K = 1 is SGVB-A.

    num_samples: K. num_groups: M. M·K samples are drawn.
    """

    best_by = "loss"

    def __init__(self, num_samples: int = 1, num_groups: int = 1) -> None:
        super().__init__(num_samples)
        self.num_groups = whole_number("num_groups", num_groups)

    def forward(
        self,
        x: Tensor,
        posterior: Distribution,
        prior: Distribution,
        decode: Callable[[Tensor], Distribution],
        encode: Callable[[Tensor], Distribution] | None = None,
    ) -> LossTerms:
        z = posterior.rsample((self.num_groups * self.num_samples,))  # (M·K, B, D)
        weights = LogWeights(-decode(z).log_prob(x), posterior.log_prob(z) - prior.log_prob(z))
        grouped = weights.log_w.unflatten(0, (self.num_groups, self.num_samples))  # (M, K, B)
        return weights.terms(-log_mean_exp(grouped, 1).mean(0))
