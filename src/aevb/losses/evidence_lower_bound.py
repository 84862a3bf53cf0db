"""The abstract base of the estimators of the ELBO: β, free bits and the bookkeeping."""

from abc import abstractmethod

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.checks import number_from
from aevb.losses.densities import Densities
from aevb.losses.kl_weight import KLWeight
from aevb.losses.variational_bound import LossTerms, VariationalBound


class EvidenceLowerBound(VariationalBound):
    """The loss E_q[-log p(x|z)] + β·KL(q(z|x) ‖ p(z)); each subclass estimates its two terms.

    num_samples: L, the samples of z for each image.
    beta, warmup_epochs, cycle_epochs: β and how it grows; see `KLWeight`.
    free_bits: λ, in nats. The loss counts Σⱼ max(λ, KLⱼ), where KLⱼ is dimension j's mean over the batch, so that no
        dimension gains from a KL below λ (Kingma et al. 2016, appendix C.8). A posterior or prior that does not
        factorise counts as one dimension. An estimator that samples the KL compares its estimate with λ, and its loss
        lies a little above that of SGVB-B, which compares the KL itself. 0: none are free.
    """

    def __init__(
        self,
        num_samples: int = 1,
        beta: float = 1.0,
        warmup_epochs: float = 0,
        cycle_epochs: float = 0,
        free_bits: float = 0.0,
    ) -> None:
        super().__init__(num_samples)
        self.kl_weight = KLWeight(beta, warmup_epochs, cycle_epochs)
        self.free_bits = number_from("free_bits", free_bits, 0)

    def forward(self, x: Tensor, densities: Densities) -> LossTerms:
        reconstruction, kl_by_dimension = self.estimate(x, densities.posterior_of(x), densities)
        kl = kl_by_dimension.sum(-1)
        counted = self.at_least_free(kl_by_dimension).sum(-1) if self.free_bits else kl
        return LossTerms(reconstruction + self.kl_weight() * counted, -(reconstruction + kl), reconstruction, kl)

    def at_least_free(self, kl_by_dimension: Tensor) -> Tensor:
        """(B, D) whose mean over the batch is max(λ, KLⱼ); dimensions below λ have no gradient."""
        return torch.where(kl_by_dimension.mean(0) > self.free_bits, kl_by_dimension, self.free_bits)

    def at_epoch(self, epoch: float) -> None:
        self.kl_weight.at_epoch(epoch)

    @abstractmethod
    def estimate(self, x: Tensor, q: Distribution, densities: Densities) -> tuple[Tensor, Tensor]:
        """Estimates of E_q[-log p(x|z)], (B,), and of KL(q ‖ p) for each dimension, (B, D) or (B, 1); see `kl`.

        q: any q(z|x) of these images. densities: for p(z) and p(x|z).
        """
