"""Every image under every distribution."""

from math import log, pi

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Distribution, Normal
from torch.nn.functional import softplus

from aevb.distributions.marginal_family import marginal_family


def log_prob_of_pairs(p: Distribution, x: Tensor) -> Tensor:
    """log pₘ(xₙ) for each m and n: p with batch shape (M,), x (N, C, H, W) -> (M, N).

    Products of Bernoulli or Normal pixels are exponential families, whose log densities are linear in x, or in x and
    x²: all pairs are one matrix product, or two. Other distributions are evaluated image by image.
    """
    pixels = marginal_family(p)
    flat = x.flatten(1)  # (N, n)
    if isinstance(pixels, Bernoulli):
        logits = pixels.logits.flatten(1)  # (M, n)
        return logits @ flat.T - softplus(logits).sum(1, keepdim=True)
    if isinstance(pixels, Normal):
        mean, precision = pixels.mean.flatten(1), pixels.scale.square().reciprocal().flatten(1)  # (M, n)
        constant = (mean.square() * precision - precision.log() + log(2 * pi)).sum(1, keepdim=True)
        return (mean * precision) @ flat.T - (precision @ flat.square().T + constant) / 2
    return torch.stack([p.log_prob(image) for image in x], 1)
