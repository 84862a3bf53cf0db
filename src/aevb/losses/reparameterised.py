"""Samples that the parameters of q(z|x) have a gradient through."""

from torch import Tensor
from torch.distributions import Distribution

from aevb.distributions import marginal_family


class NoReparameterisation(ValueError):
    """A loss differentiates through samples of q(z|x), and this family's cannot be."""


def reparameterised(q: Distribution, n: int) -> Tensor:
    """n samples z = g(ε, φ) of each posterior, (n, B, D); raises NoReparameterisation where the family has none.

    Kingma & Welling 2014, section 2.4.
    """
    if not q.has_rsample:
        raise NoReparameterisation(
            f"this loss needs samples that have a gradient, and {type(marginal_family(q)).__name__} has no rsample"
        )
    return q.rsample((n,))
