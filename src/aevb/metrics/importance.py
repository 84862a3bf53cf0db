"""log p(x) by importance sampling from the posterior."""

from collections.abc import Callable, Sequence
from math import inf, log
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.metrics.batching import Track, parts, untracked
from aevb.models import VAE


class Ladder(NamedTuple):
    """log_px: K -> log 1/K Σₖ wₖ over the first K samples, nats for each image, (N,) each.

    ess: (Σ w)² / Σ w² of all the samples, (N,): how many exact samples the weighted ones are worth.
    """

    log_px: dict[int, Tensor]
    ess: Tensor


@torch.no_grad()
def importance_ladder(
    model: VAE, x: Tensor, num_samples: Sequence[int], pairs: int, track: Track = untracked
) -> Ladder:
    """log p(x) ≈ log 1/K Σₖ p(x, zₖ) / q(zₖ|x), zₖ ~ q(z|x), for several K from one set of samples.

    Burda et al. 2016, section 5. In expectation a lower bound that grows with K. Only running sums are kept, so that
    memory does not depend on K.

    x: (N, C, H, W). num_samples: the K's. pairs: how many latents are decoded at once.
    """
    results = [
        ladder_of(part, model.posterior_of(part), model.prior(), model.likelihood_of, num_samples, pairs)
        for part in track(parts(x, pairs, max(num_samples)))
    ]
    log_px = {k: torch.cat([result.log_px[k] for result in results]) for k in sorted(set(num_samples))}
    return Ladder(log_px, torch.cat([result.ess for result in results]))


@torch.no_grad()
def ladder_of(
    x: Tensor,
    posterior: Distribution,
    prior: Distribution,
    decode: Callable[[Tensor], Distribution],
    num_samples: Sequence[int],
    pairs: int,
) -> Ladder:
    """The ladder of a batch x (B, C, H, W) from samples of any q(z|x)."""
    log_sums = torch.full((2, len(x)), -inf, dtype=torch.float64, device=x.device)  # log Σ w, log Σ w²
    count, rungs = 0, {}
    for k in sorted(set(num_samples)):
        while count < k:
            n = min(k - count, max(1, pairs // len(x)))
            z = posterior.sample(torch.Size((n,)))  # (n, B, D)
            log_w = (decode(z).log_prob(x) + prior.log_prob(z) - posterior.log_prob(z)).double()  # (n, B)
            log_sums = torch.logaddexp(log_sums, torch.stack([log_w, 2 * log_w]).logsumexp(1))
            count += n
        rungs[k] = (log_sums[0] - log(k)).cpu()
    return Ladder(rungs, (2 * log_sums[0] - log_sums[1]).exp().cpu())
