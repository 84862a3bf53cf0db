"""The gap between log p(x) and the ELBO, in its two parts."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.losses import Densities
from aevb.metrics.batching import chunk_sizes
from aevb.metrics.elbo import best_estimator
from aevb.metrics.importance import estimates_of
from aevb.metrics.track import Track, untracked
from aevb.models import VAE
from aevb.models.descent import descended

GRADIENT_SAMPLES = 10
LEARNING_RATE = 0.1


class InferenceGap(NamedTuple):
    """Nats for each image, (N,): the ELBOs of q(z|x) and of q*, and log p(x) by importance sampling from q*.

    log p(x) - elbo_best is the approximation gap, elbo_best - elbo the amortisation gap.
    """

    elbo: Tensor
    elbo_best: Tensor
    log_px: Tensor


def inference_gap(
    model: VAE,
    x: Tensor,
    num_steps: int,
    num_samples: int,
    decodes: int,
    track: Track = untracked,
) -> InferenceGap:
    """log p(x) - ELBO in two parts, with q* the best member of the posterior's family for each image by itself.

    Cremer, Li & Duvenaud 2018, equations 4 to 6. The parameters of each q* are found by Adam on -ELBO, from those that
    the encoder gives; `num_steps` steps with a learning rate that falls to zero along a cosine.

    x: (N, C, H, W). num_samples: for each ELBO that is reported, and for log p(x). decodes: how many latents are
    decoded at once.
    """
    model.requires_grad_(False)
    densities = model.densities()
    results = []
    for part in x.split(max(1, decodes // GRADIENT_SAMPLES)):
        best = best_posterior(model, part, num_steps, track)
        estimates = estimates_of(part, best, densities, [num_samples], decodes)
        own_elbo = mean_elbo(part, model.posterior_of(part), densities, num_samples, decodes)
        best_elbo = mean_elbo(part, best, densities, num_samples, decodes)
        results.append(InferenceGap(own_elbo, best_elbo, estimates.log_px[num_samples]))
    return InferenceGap(*(torch.cat(values) for values in zip(*results, strict=True)))


def best_posterior(model: VAE, x: Tensor, num_steps: int, track: Track = untracked) -> Distribution:
    """q*: the member of the posterior's family with the largest ELBO, for each image."""
    densities, distribution = model.densities(), model.posterior.distribution
    start = model.raw_of(x)  # (B, P)
    estimator = best_estimator(distribution(start), densities.prior)(GRADIENT_SAMPLES)

    def negative_elbo(raw: Tensor) -> Tensor:
        reconstruction, kl = estimator.estimate(x, distribution(raw), densities)
        return reconstruction.sum() + kl.sum()  # images do not affect each other

    return distribution(descended(negative_elbo, start, num_steps, LEARNING_RATE, track))


@torch.no_grad()
def mean_elbo(x: Tensor, q: Distribution, densities: Densities, num_samples: int, decodes: int) -> Tensor:
    """The ELBO of each image (B,) under q, averaged over `num_samples` samples."""
    total = torch.zeros(len(x), dtype=torch.float64)
    estimator = best_estimator(q, densities.prior)
    for n in chunk_sizes(num_samples, max(1, decodes // len(x))):
        reconstruction, kl = estimator(n).estimate(x, q, densities)
        total -= n / num_samples * (reconstruction + kl.sum(-1)).double().cpu()
    return total
