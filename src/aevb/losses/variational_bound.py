"""The abstract base of everything that a VAE is trained with."""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from torch import Tensor, nn

from aevb.checks import whole_number
from aevb.losses.densities import Densities


class LossTerms(NamedTuple):
    """Nats for each image, all (B,): elbo = -(reconstruction + kl) at β = 1; loss is what is minimised."""

    loss: Tensor
    elbo: Tensor
    reconstruction: Tensor
    kl: Tensor


class VariationalBound(nn.Module, ABC):
    """What a VAE is trained with, made of q(z|x), p(z) and p(x|z).

    select_by: the term by which the best epoch is selected: the ELBO, or the loss where that is a tighter bound.
    num_samples: the samples of z for each image; L where they are averaged, K where they are weighed.
    """

    unit = "nats per image"
    select_by: ClassVar[str] = "elbo"

    def __init__(self, num_samples: int = 1) -> None:
        super().__init__()
        self.num_samples = whole_number("num_samples", num_samples)

    @abstractmethod
    def forward(self, x: Tensor, densities: Densities) -> LossTerms:
        """The terms of each image: (B, C, H, W) -> (B,) each."""

    def at_epoch(self, epoch: float) -> None:
        """Follow a schedule, if there is one: training has lasted for this many epochs. Called before each step."""
