"""Several importance-weighted bounds, averaged."""

from torch import Tensor

from aevb.checks import whole_number
from aevb.losses.importance_weighted import ImportanceWeighted, LogWeights, log_mean_exp


class MIWAE(ImportanceWeighted):
    """L̃_{M,K} = 1/M Σₘ log 1/K Σₖ w_{m,k}.

    Rainforth et al. 2018, equation 7: M lowers the variance of the gradient with respect to φ without the loss of
    signal that more K brings. M = 1 is IWAE, K = 1 is SGVB-A.

    num_samples: K. num_groups: M. M·K samples are drawn.
    """

    def __init__(self, num_samples: int = 1, num_groups: int = 1) -> None:
        super().__init__(num_samples)
        self.num_groups = whole_number("num_groups", num_groups)

    @property
    def num_draws(self) -> int:
        return self.num_groups * self.num_samples

    def bound(self, weights: LogWeights) -> Tensor:
        grouped = weights.log_w.unflatten(0, (self.num_groups, self.num_samples))  # (M, K, B)
        return log_mean_exp(grouped, dim=1).mean(0)
