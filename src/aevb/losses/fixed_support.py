"""The condition of estimators that use E_q[∇φ log q(z|x)] = 0."""

from torch import Tensor
from torch.distributions import Distribution

from aevb.distributions import elementary_support, marginal_family


class MovingSupport(ValueError):
    """The support of q(z|x) depends on its parameters φ, and an estimator relies on one that does not."""


def check_fixed_support(posterior: Distribution) -> None:
    """Raise MovingSupport if the support of q(z|x) depends on its parameters φ.

    E_q[∇φ log q(z|x)] is then not zero, since φ also moves the ends of the integral.
    """
    if any(isinstance(bound, Tensor) for bound in vars(elementary_support(posterior)).values()):
        family = type(marginal_family(posterior)).__name__
        raise MovingSupport(
            f"this loss needs a posterior whose support does not move with its parameters, and that of {family} does"
        )
