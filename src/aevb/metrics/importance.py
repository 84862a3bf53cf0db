"""log p(x) by importance sampling from the posterior."""

from collections.abc import Sequence
from math import inf, log
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.losses import Densities
from aevb.metrics.batching import in_batches
from aevb.metrics.track import Track, untracked
from aevb.models import VAE


class ImportanceEstimates(NamedTuple):
    """log_px: K -> log 1/K Σₖ wₖ over the first K samples, nats for each image, (N,) each.

    ess: (Σ w)² / Σ w² of all the samples, (N,): how many exact samples the weighted ones are worth.
    """

    log_px: dict[int, Tensor]
    ess: Tensor


@torch.no_grad()
def importance_estimates(
    model: VAE, x: Tensor, num_samples: Sequence[int], decodes: int, track: Track = untracked
) -> ImportanceEstimates:
    """log p(x) ≈ log 1/K Σₖ p(x, zₖ) / q(zₖ|x), zₖ ~ q(z|x), for several K from one set of samples.

    Burda et al. 2016, section 5. In expectation a lower bound that grows with K. Only running sums are kept, so that
    memory does not depend on K.

    x: (N, C, H, W). num_samples: the K's. decodes: how many latents are decoded at once.
    """
    densities = model.densities()
    results = [
        estimates_of(part, model.posterior_of(part), densities, num_samples, decodes)
        for part in track(in_batches(x, decodes, max(num_samples)))
    ]
    log_px = {k: torch.cat([result.log_px[k] for result in results]) for k in sorted(set(num_samples))}
    return ImportanceEstimates(log_px, torch.cat([result.ess for result in results]))


@torch.no_grad()
def estimates_of(
    x: Tensor,
    q: Distribution,
    densities: Densities,
    num_samples: Sequence[int],
    decodes: int,
) -> ImportanceEstimates:
    """The estimates for a batch x (B, C, H, W) from samples of any q(z|x)."""
    log_sums = torch.full((2, len(x)), -inf, dtype=torch.float64, device=x.device)  # log Σ w, log Σ w²
    count, log_px = 0, {}
    for k in sorted(set(num_samples)):
        while count < k:
            n = min(k - count, max(1, decodes // len(x)))
            z = q.sample(torch.Size((n,)))  # (n, B, D)
            log_w = (densities.likelihood_of(z).log_prob(x) + densities.prior.log_prob(z) - q.log_prob(z)).double()
            log_sums = torch.logaddexp(log_sums, torch.stack([log_w, 2 * log_w]).logsumexp(1))
            count += n
        log_px[k] = (log_sums[0] - log(k)).cpu()
    return ImportanceEstimates(log_px, (2 * log_sums[0] - log_sums[1]).exp().cpu())
