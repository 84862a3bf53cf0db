"""What every estimator of a bound on log p(x) has in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from torch import Tensor, nn
from torch.distributions import Distribution

from aevb.errors import whole_number


class LossTerms(NamedTuple):
    """Nats for each image, all (B,): elbo = -(reconstruction + kl) at β = 1; loss is what is minimised."""

    loss: Tensor
    elbo: Tensor
    reconstruction: Tensor
    kl: Tensor


class VariationalBound(nn.Module, ABC):
    """What a VAE is trained with, made of q(z|x), p(z) and p(x|z).

    best_by: the term that tells the best model: the ELBO, or the loss where that is a tighter bound.
    capturable: whether a CUDA graph of one step can stand for any other; see src/steps.
    num_samples: the samples of z for each image; L where they are averaged, K where they are weighed.
    """

    unit = "nats per image"
    best_by: ClassVar[str] = "elbo"
    capturable: bool = True

    def __init__(self, num_samples: int = 1) -> None:
        super().__init__()
        self.num_samples = whole_number("num_samples", num_samples)
        self.epoch = float("inf")  # training that has passed, in epochs; whoever trains keeps it up to date

    @abstractmethod
    def forward(
        self,
        x: Tensor,
        posterior: Distribution,
        prior: Distribution,
        decode: Callable[[Tensor], Distribution],
        encode: Callable[[Tensor], Distribution] | None = None,
    ) -> LossTerms:
        """The terms of each image x (B, C, H, W), for q(z|x), p(z) and decode: z (L, B, D) -> p(x|z).

        encode: x -> q(z|x), for a loss that looks at other images than x.
        """
