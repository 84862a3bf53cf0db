"""How far the ELBO is from the best one, and why."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.optim.lr_scheduler import CosineAnnealingLR

from aevb.metrics.batching import Track, untracked
from aevb.metrics.elbo import best_estimator, sizes
from aevb.metrics.importance import ladder_of
from aevb.models import VAE

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
    pairs: int,
    track: Track = untracked,
) -> InferenceGap:
    """log p(x) - ELBO in two parts, with q* the best member of the posterior's family for each image by itself.

    Cremer, Li & Duvenaud 2018, equations 4 to 6. The parameters of each q* are found by Adam on -ELBO, from those that
    the encoder gives; `num_steps` steps with a learning rate that falls to zero along a cosine.

    x: (N, C, H, W). num_samples: for each ELBO that is reported, and for log p(x).
    """
    model.requires_grad_(False)
    results = []
    for part in x.split(max(1, pairs // GRADIENT_SAMPLES)):
        family = Family(model.posterior, model.encoder(part))
        best = best_member(model, part, family, num_steps, track)
        ladder = ladder_of(part, best, model.prior(), model.likelihood_of, [num_samples], pairs)
        own_elbo = mean_elbo(model, part, model.posterior_of(part), num_samples, pairs)
        best_elbo = mean_elbo(model, part, best, num_samples, pairs)
        results.append(InferenceGap(own_elbo, best_elbo, ladder.log_px[num_samples]))
    return InferenceGap(*(torch.cat(values) for values in zip(*results, strict=True)))


class Family:
    """The members of a posterior's family for some images: δ -> q, where δ = 0 is what the encoder gives.

    Where linear layers make the parameters of q from the features, δ (B, P) is what is added to their outputs, by way
    of the features that have this effect; where other networks do, as for a flow, δ is added to the features.
    """

    def __init__(self, posterior: nn.Module, features: Tensor) -> None:
        self.posterior = posterior
        self.features = features.detach()
        heads = [layer.weight for layer in posterior.children() if isinstance(layer, nn.Linear)]
        # Wᵀ(WWᵀ)⁻¹ makes features of outputs; with fewer features than outputs, the nearest that there are.
        self.to_features = torch.linalg.pinv(torch.cat(heads)).T if heads else None
        self.num_parameters = self.features.shape[1] if self.to_features is None else len(self.to_features)

    def __call__(self, delta: Tensor) -> Distribution:
        shift = delta if self.to_features is None else delta @ self.to_features
        return self.posterior(self.features + shift)


def best_member(model: VAE, x: Tensor, family: Family, num_steps: int, track: Track = untracked) -> Distribution:
    """q*: the member with the largest ELBO, for each image."""
    delta = x.new_zeros(len(x), family.num_parameters, requires_grad=True)
    optimizer = torch.optim.Adam([delta], lr=LEARNING_RATE)
    schedule = CosineAnnealingLR(optimizer, num_steps)
    prior = model.prior()
    with torch.enable_grad():
        estimator = best_estimator(family(delta), prior)(GRADIENT_SAMPLES)
        for _ in track(range(num_steps)):
            optimizer.zero_grad()
            reconstruction, kl = estimator.estimate(x, family(delta), prior, model.likelihood_of)
            (reconstruction.sum() + kl.sum()).backward()  # images do not affect each other
            optimizer.step()
            schedule.step()
    return family(delta.detach())


@torch.no_grad()
def mean_elbo(model: VAE, x: Tensor, q: Distribution, num_samples: int, pairs: int) -> Tensor:
    """The ELBO of each image (B,) under q, averaged over so many samples."""
    prior, total = model.prior(), torch.zeros(len(x), dtype=torch.float64)
    estimator = best_estimator(q, prior)
    for n in sizes(num_samples, max(1, pairs // len(x))):
        reconstruction, kl = estimator(n).estimate(x, q, prior, model.likelihood_of)
        total -= n / num_samples * (reconstruction + kl.sum(-1)).double().cpu()
    return total
