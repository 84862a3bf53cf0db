"""What the estimators of the ELBO share: the weight of the KL term, and its bookkeeping."""

from abc import abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.errors import number_from
from aevb.losses.variational_bound import LossTerms, VariationalBound


class EvidenceLowerBound(VariationalBound):
    """The loss E_q[-log p(x|z)] + β·KL(q(z|x) ‖ p(z)); each subclass estimates its two terms.

    num_samples: L, the samples of z for each image.
    beta: β. 1 gives a bound on log p(x) (Kingma & Welling 2014); other values are the β-VAE's (Higgins et al. 2017).
    warmup_epochs: β grows linearly from 0 over so many epochs (Bowman et al. 2016; Sønderby et al. 2016). 0: no
        warm-up.
    cycle_epochs: the warm-up begins again every so many epochs (Fu et al. 2019). 0: it happens once.
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
        self.beta = number_from("beta", beta, 0)
        self.warmup_epochs = number_from("warmup_epochs", warmup_epochs, 0)
        self.cycle_epochs = number_from("cycle_epochs", cycle_epochs, 0)
        if 0 < cycle_epochs < warmup_epochs:
            raise ValueError(f"cycle_epochs={cycle_epochs}: expected at least warmup_epochs={warmup_epochs}, or 0")
        self.free_bits = number_from("free_bits", free_bits, 0)
        self.capturable = not warmup_epochs  # the weight of each step of a warm-up is another

    def weight(self) -> float:
        """β: after `epoch` epochs while training, and in full in eval mode, so that evaluations compare."""
        if not self.training or self.epoch == float("inf"):
            return self.beta
        epoch = self.epoch % self.cycle_epochs if self.cycle_epochs else self.epoch
        return self.beta * epoch / self.warmup_epochs if epoch < self.warmup_epochs else self.beta

    def forward(
        self,
        x: Tensor,
        posterior: Distribution,
        prior: Distribution,
        decode: Callable[[Tensor], Distribution],
        encode: Callable[[Tensor], Distribution] | None = None,
    ) -> LossTerms:
        reconstruction, kl_of_dimension = self.estimate(x, posterior, prior, decode)
        kl = kl_of_dimension.sum(-1)
        counted = self.at_least_free(kl_of_dimension).sum(-1) if self.free_bits else kl
        return LossTerms(reconstruction + self.weight() * counted, -(reconstruction + kl), reconstruction, kl)

    def at_least_free(self, kl_of_dimension: Tensor) -> Tensor:
        """(B, D) whose mean over the batch is max(λ, KLⱼ); dimensions below λ have no gradient."""
        return torch.where(kl_of_dimension.mean(0) > self.free_bits, kl_of_dimension, self.free_bits)

    @abstractmethod
    def estimate(
        self, x: Tensor, posterior: Distribution, prior: Distribution, decode: Callable[[Tensor], Distribution]
    ) -> tuple[Tensor, Tensor]:
        """Estimates of E_q[-log p(x|z)], (B,), and of KL(q ‖ p) for each dimension, (B, D); see `by_dimension`."""
