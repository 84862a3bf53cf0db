"""A verdict on posterior collapse."""

import torch
from torch import Tensor

ACTIVE_VARIANCE = 0.01  # Burda et al. 2016, appendix C


def active_units(means: Tensor) -> Tensor:
    """The dimensions whose posterior mean has a variance above 0.01 over the images: (N, D) -> (D,), bool.

    A_u = Cov_x(E_q(u|x)[u]) > 10⁻², Burda et al. 2016, appendix C.
    """
    return means.double().var(0) > ACTIVE_VARIANCE


def collapse_verdict(active: Tensor) -> str:
    """A sentence about posterior collapse, from which dimensions are active, (D,), bool.

    The KL of a dimension does not tell: it is also large for a q(z|x) that is far from p(z) and the same for all x.
    """
    dimensions = len(active)
    dead = torch.nonzero(~active).flatten().tolist()
    if len(dead) == dimensions:
        return f"Collapsed: the posterior ignores the image in all {dimensions} dimensions."
    if dead:
        names = ", ".join(str(i + 1) for i in dead[:10]) + (", …" if len(dead) > 10 else "")
        return (
            f"Partly collapsed: {len(dead)} of {dimensions} dimensions carry no information about the image ({names})."
        )
    return f"Not collapsed: all {dimensions} dimensions say something of the image."
