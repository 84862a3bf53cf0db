"""The abstract base of importance-weighted bounds: samples, weights and the bookkeeping."""

from abc import abstractmethod
from math import log
from typing import NamedTuple

from torch import Tensor
from torch.distributions import Distribution

from aevb.losses.densities import Densities
from aevb.losses.reparameterised import reparameterised
from aevb.losses.variational_bound import LossTerms, VariationalBound


class LogWeights(NamedTuple):
    """log w = log p(x|z) + log p(z) - log q(z|x), for K samples of z for each image; in nats, (K, B) each.

    z: the samples, (K, B, D). reconstruction: -log p(x|z). kl: log q(z|x) - log p(z).
    """

    z: Tensor
    reconstruction: Tensor
    kl: Tensor

    @property
    def log_w(self) -> Tensor:
        return -(self.reconstruction + self.kl)

    def terms(self, loss: Tensor) -> LossTerms:
        """The loss (B,) beside the terms of the ELBO, which average over the same samples."""
        return LossTerms(loss, self.log_w.mean(0), self.reconstruction.mean(0), self.kl.mean(0))


class ImportanceWeighted(VariationalBound):
    """A bound on log p(x) made of the weights of K samples zₖ ~ q(z|x), reparameterised; a subclass combines them.

    num_samples: K.
    """

    select_by = "loss"

    @property
    def num_draws(self) -> int:
        """The samples that are drawn for each image."""
        return self.num_samples

    def forward(self, x: Tensor, densities: Densities) -> LossTerms:
        q = densities.posterior_of(x)
        z = reparameterised(q, self.num_draws)  # (K, B, D)
        reconstruction = -densities.likelihood_of(z).log_prob(x)
        weights = LogWeights(z, reconstruction, self.log_q(q, z) - densities.prior.log_prob(z))
        return weights.terms(-self.bound(weights))

    def log_q(self, q: Distribution, z: Tensor) -> Tensor:
        """log q(z|x), differentiated as the bound needs it: (K, B, D) -> (K, B)."""
        return q.log_prob(z)

    @abstractmethod
    def bound(self, weights: LogWeights) -> Tensor:
        """The bound for each image, (B,) nats."""


def log_mean_exp(log_w: Tensor, dim: int = 0) -> Tensor:
    """log 1/K Σₖ wₖ over one dimension."""
    return log_w.logsumexp(dim) - log(log_w.shape[dim])
