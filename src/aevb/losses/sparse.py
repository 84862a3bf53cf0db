"""Penalties that make codes sparse."""

from collections.abc import Callable
from math import log

from torch import Tensor
from torch.nn.functional import logsigmoid

from aevb.checks import number_from, one_of
from aevb.losses.penalty import Penalty

UNITS = {"l1": "weighted sum of absolute values per image", "kl": "weighted nats per batch"}


class Sparse(Penalty):
    """weight · Σⱼ |zⱼ| (l1), or weight · Σⱼ KL(ρ ‖ ρ̂ⱼ) for the mean activity ρ̂ⱼ = 1/B Σ sigmoid(zⱼ) of a batch (kl).

    KL(ρ ‖ ρ̂) = ρ log ρ/ρ̂ + (1-ρ) log (1-ρ)/(1-ρ̂), between two coins. Lee, Ekanadham & Ng 2008 hold the mean activity of
    each unit near a small target; the KL form is that of Ng's lecture notes on sparse autoencoders (CS294A, 2011).

    kl is a number of the batch and not of an image. Every image has that number, so that the mean over the batch is it.
    It depends on which images are together: on several devices each has its own batch, and in an evaluation the spread
    over images says nothing.

    l1 falls with the scale of z, which the decoder can undo: decoder=dictionary, or weight decay, holds that back.

    target: ρ, in (0, 1), for kl.
    """

    def __init__(self, weight: float = 0.1, kind: str = "l1", target: float = 0.05) -> None:
        super().__init__()
        self.weight = number_from("penalty weight", weight, 0, above=True)
        self.kind = one_of("penalty kind", kind, UNITS)
        self.target = number_from("penalty target", target, 0, above=True)
        if target >= 1:
            raise ValueError(f"penalty target={target}: expected a share between 0 and 1")
        self.unit = UNITS[kind]

    def forward(self, encode: Callable[[Tensor], Tensor], x: Tensor, z: Tensor) -> Tensor:
        if self.kind == "l1":
            return self.weight * z.abs().sum(1)
        return self.weight * self._kl(z).sum().expand(len(z))

    def _kl(self, z: Tensor) -> Tensor:
        """KL(ρ ‖ ρ̂ⱼ), (D,), in nats."""
        rho = self.target
        log_active = logsigmoid(z).logsumexp(0) - log(len(z))  # log ρ̂ⱼ
        log_idle = logsigmoid(-z).logsumexp(0) - log(len(z))  # log (1 - ρ̂ⱼ)
        return rho * (log(rho) - log_active) + (1 - rho) * (log(1 - rho) - log_idle)
