"""What estimators need that use E_q[∇φ log q(z|x)] = 0."""

from typing import Any

from torch import Tensor
from torch.distributions import Distribution

from aevb.distributions import factor
from aevb.errors import UserError


def check_fixed_support(posterior: Distribution, loss: str) -> None:
    """Raise UserError, for the loss of that name, if the support of q(z|x) depends on its parameters φ.

    E_q[∇φ log q(z|x)] is then not zero, since φ also moves the ends of the integral.
    """
    support: Any = posterior.support
    while hasattr(support, "base_constraint"):
        support = support.base_constraint
    if any(isinstance(bound, Tensor) for bound in vars(support).values()):
        family = type(factor(posterior)).__name__
        raise UserError(
            f"{loss} needs a posterior whose support does not move with its parameters, and that of {family} does: "
            f"use loss=sgvb_a"
        )
