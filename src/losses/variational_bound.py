"""What every estimator of the variational bound shares: samples, the weight of the KL term, bookkeeping."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor, nn
from torch.distributions import Distribution

from src.errors import number_from, whole_number


class LossTerms(NamedTuple):
    """Nats for each image, all (B,): loss = reconstruction + β·kl, and elbo = -(reconstruction + kl) at β = 1."""

    loss: Tensor
    elbo: Tensor
    reconstruction: Tensor
    kl: Tensor


class VariationalBound(nn.Module, ABC):
    """The loss E_q[-log p(x|z)] + β·KL(q(z|x) ‖ p(z)); each subclass estimates its two terms.

    num_samples: L, the samples of z for each image.
    beta: β. 1 gives a bound on log p(x) (Kingma & Welling 2014); other values are the β-VAE's (Higgins et al. 2017).
    warmup_epochs: β grows linearly from 0 over so many epochs (Bowman et al. 2016; Sønderby et al. 2016). 0: no
        warm-up.
    """

    unit = "nats per image"

    def __init__(self, num_samples: int = 1, beta: float = 1.0, warmup_epochs: float = 0) -> None:
        super().__init__()
        self.num_samples = whole_number("num_samples", num_samples)
        self.beta = number_from("beta", beta, 0)
        self.warmup_epochs = number_from("warmup_epochs", warmup_epochs, 0)
        self.epoch = float("inf")  # training that has passed, in epochs; whoever trains keeps it up to date

    def weight(self) -> float:
        """β: after `epoch` epochs while training, and in full in eval mode, so that evaluations compare."""
        warming_up = self.training and self.epoch < self.warmup_epochs
        return self.beta * self.epoch / self.warmup_epochs if warming_up else self.beta

    def forward(
        self, x: Tensor, posterior: Distribution, prior: Distribution, decode: Callable[[Tensor], Distribution]
    ) -> LossTerms:
        """The terms of each image x (B, C, H, W), for q(z|x), p(z) and decode: z (L, B, D) -> p(x|z)."""
        reconstruction, kl = self.estimate(x, posterior, prior, decode)
        return LossTerms(reconstruction + self.weight() * kl, -(reconstruction + kl), reconstruction, kl)

    @abstractmethod
    def estimate(
        self, x: Tensor, posterior: Distribution, prior: Distribution, decode: Callable[[Tensor], Distribution]
    ) -> tuple[Tensor, Tensor]:
        """Estimates of E_q[-log p(x|z)] and of KL(q ‖ p), (B,) each."""
