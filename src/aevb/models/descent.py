"""Gradient descent on the raw parameters of posteriors."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.optim.lr_scheduler import CosineAnnealingLR


def descended(
    objective: Callable[[Tensor], Tensor],
    start: Tensor,
    num_steps: int,
    learning_rate: float,
    track: Callable[[range], Iterable[int]] = iter,
) -> Tensor:
    """Where Adam ends that starts at `start`, with a learning rate that falls to zero along a cosine; no gradient.

    objective: the sum to be minimised, (), of raw parameters (B, P). Only their gradient is taken, wherever this is
    called, so that nothing else gains one.
    """
    raw = start.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([raw], lr=learning_rate)
    schedule = CosineAnnealingLR(optimizer, num_steps)
    for _ in track(range(num_steps)):
        with torch.enable_grad():
            (raw.grad,) = torch.autograd.grad(objective(raw), raw)
        optimizer.step()
        schedule.step()
    return raw.detach()
