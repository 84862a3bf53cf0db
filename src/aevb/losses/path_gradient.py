"""Path gradients: log q without its score."""

from collections.abc import Callable

import torch
from torch import Tensor


def path_gradient(log_q: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    """log q(z|x) for z = f(ε; φ), whose gradient is ∂ log q/∂z · ∂z/∂φ alone.

    The other part of the total derivative, the score ∇φ log q(z|x) at fixed z, has expectation zero wherever the
    support of q does not depend on φ (Roeder, Wu & Duvenaud 2017). Any density that can be differentiated by z will
    do; its parameters need no detached copy.

    log_q: z (L, B, D) -> (L, B, D) for a product of dimensions, (L, B, 1) or (L, B) otherwise; returned in that shape.
    """
    if not torch.is_grad_enabled():
        return log_q(z)
    leaf = z.detach().requires_grad_()
    value = log_q(leaf)
    (slope,) = torch.autograd.grad(value.sum(), leaf)  # (L, B, D)
    through = slope * (z - z.detach())  # zero, with the gradient of the path
    if value.shape != z.shape:
        through = through.sum(-1, keepdim=value.ndim == z.ndim)
    return value.detach() + through
