"""The importance weights that a bound on log p(x) is made of."""

from math import log
from typing import NamedTuple

from torch import Tensor

from aevb.losses.variational_bound import LossTerms


class LogWeights(NamedTuple):
    """log w = log p(x|z) + log p(z) - log q(z|x), for K samples of z for each image; in nats, (K, B) each.

    reconstruction: -log p(x|z). kl: log q(z|x) - log p(z).
    """

    reconstruction: Tensor
    kl: Tensor

    @property
    def log_w(self) -> Tensor:
        return -(self.reconstruction + self.kl)

    def terms(self, loss: Tensor) -> LossTerms:
        """The loss (B,) beside the terms of the ELBO, which average over the same samples."""
        return LossTerms(loss, self.log_w.mean(0), self.reconstruction.mean(0), self.kl.mean(0))


def log_mean_exp(log_w: Tensor, dim: int = 0) -> Tensor:
    """log 1/K Σₖ wₖ over one dimension."""
    return log_w.logsumexp(dim) - log(log_w.shape[dim])
