"""The Markov chain of a denoising model."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.checks import true_or_false, whole_number


class ChainStates(NamedTuple):
    """x: states of the chains, (T, B, C, H, W).

    mean: the means of the P(x|x̃) that they were drawn from, (T, B, C, H, W).
    """

    x: Tensor
    mean: Tensor


@torch.no_grad()
def denoising_chain(
    x: Tensor,
    corrupt: Callable[[Tensor], Tensor],
    denoise: Callable[[Tensor], Distribution],
    *,
    num_states: int,
    every: int = 1,
    sample: bool = True,
) -> ChainStates:
    """x̃ ~ C(x̃|x), x' ~ P(x'|x̃), over and over, from each image x (B, C, H, W).

    Bengio, Yao, Alain & Vincent 2013: where P(x|x̃) is the conditional of p(x) C(x̃|x), p(x) is stationary, since (x, x̃)
    is then sampled by Gibbs. So a denoising model, which learns P, is a generative one with no density written down.

    corrupt: the noise C. denoise: x̃ -> P(x|x̃), with event shape (C, H, W).
    num_states: T. every: the steps from a state that is kept to the next.
    sample: False takes the mean of P for x'. The chain then strays less, and its states vary less than p(x).
    """
    true_or_false("sample", sample)
    whole_number("num_states", num_states)
    whole_number("every", every)
    states, means = [], []
    for step in range(1, num_states * every + 1):
        p = denoise(corrupt(x))
        x = p.sample() if sample else p.mean
        if step % every == 0:
            states.append(x)
            means.append(p.mean)
    return ChainStates(torch.stack(states), torch.stack(means))
