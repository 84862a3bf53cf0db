"""The importance-weighted autoencoder."""

from torch import Tensor

from aevb.losses.importance_weighted import ImportanceWeighted, LogWeights, log_mean_exp


class IWAE(ImportanceWeighted):
    """L̃_K = log 1/K Σₖ wₖ, wₖ = p(x, zₖ) / q(zₖ|x).

    Burda, Grosse & Salakhutdinov 2016, equation 8. K = 1 is SGVB-A; in expectation it grows with K, to log p(x).
    """

    def bound(self, weights: LogWeights) -> Tensor:
        return log_mean_exp(weights.log_w)
