"""Missing pixels, inferred from the others."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.samplers.observed_pixels import ObservedPixels
from aevb.samplers.posterior_draws import posterior_draws
from aevb.samplers.unconstrained import Unconstrained

LATENTS = 4096  # decoded at once


class FilledIn(NamedTuple):
    """Images whose observed pixels are as they were.

    mean: with E[x_m|x_o] at the missing pixels, (B, C, H, W).
    samples: with E[x_m|z] for one z ~ p(z|x_o), the last state of each chain, (num_chains, B, C, H, W).
    z: draws of p(z|x_o), (T, num_chains, B, D). acceptance: of the chains' proposals, (B,).
    """

    mean: Tensor
    samples: Tensor
    z: Tensor
    acceptance: Tensor


@torch.no_grad()
def fill_in(
    x: Tensor,
    observed: Tensor,
    prior: Distribution,
    decode: Callable[[Tensor], Distribution],
    *,
    num_chains: int = 16,
    num_transitions: int = 100,
    num_leapfrog: int = 10,
) -> FilledIn:
    """p(x_m|x_o) = ∫ p(x_m|z) p(z|x_o) dz: the missing pixels x_m of images, given the observed ones x_o.

    The marginal inference of Kingma & Welling 2014, section 2.1. p(z|x_o) ∝ p(z) ∏ p(xᵢ|z) over the observed pixels i
    is sampled as `posterior_draws` says. Its chains start at draws of p(z), and not of q(z|x): an encoder has learned
    from whole images, and what it makes of one that is filled with anything else may lie far from p(z|x_o).

    x: (B, C, H, W); what stands at missing pixels has no effect. observed: bool, broadcast against x.
    prior: p(z), any with a density. decode: z (..., B, D) -> p(x|z), a product over pixels.

    Raises NotApplicable for a p(x|z) that is no product over pixels.
    """
    if observed.dtype != torch.bool:
        raise ValueError(f"observed of {observed.dtype}: expected bool, True where a pixel is observed")
    whole = observed.to(x.device).expand_as(x)
    parts = [
        _fill_in(part, seen, prior, decode, num_chains, num_transitions, num_leapfrog)
        for part, seen in zip(*(t.split(max(1, LATENTS // num_chains)) for t in (x, whole)), strict=True)
    ]
    mean, samples, z, acceptance = zip(*parts, strict=True)
    return FilledIn(torch.cat(mean), torch.cat(samples, 1), torch.cat(z, 2), torch.cat(acceptance))


def _fill_in(
    x: Tensor,
    observed: Tensor,
    prior: Distribution,
    decode: Callable[[Tensor], Distribution],
    num_chains: int,
    num_transitions: int,
    num_leapfrog: int,
) -> FilledIn:
    given = torch.where(observed, x, 0.0)
    joint = Unconstrained(given, prior, lambda z: ObservedPixels(decode(z), observed))
    z, acceptance = posterior_draws(joint, num_chains, num_transitions, num_leapfrog)
    mean = torch.stack([decode(states).mean.mean(0) for states in z]).mean(0)
    return FilledIn(torch.where(observed, x, mean), torch.where(observed, x, decode(z[-1]).mean), z, acceptance)
