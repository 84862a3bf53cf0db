"""The evidence lower bound and its parts."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.errors import UserError
from aevb.losses import SGVBA, SGVBB, EvidenceLowerBound
from aevb.losses.kl import closed_form_kl
from aevb.metrics.batching import Track, parts, untracked
from aevb.models import VAE


class ELBO(NamedTuple):
    """Nats for each image: reconstruction = E_q[-log p(x|z)], (N,), and the KL term, (N, D) or (N, 1)."""

    reconstruction: Tensor
    kl_of_dimension: Tensor

    @property
    def kl(self) -> Tensor:
        return self.kl_of_dimension.sum(1)

    @property
    def elbo(self) -> Tensor:
        return -(self.reconstruction + self.kl)


@torch.no_grad()
def elbo(model: VAE, x: Tensor, num_samples: int, pairs: int, track: Track = untracked) -> ELBO:
    """Each image's ELBO at β = 1, averaged over L samples of z; the KL term in closed form where there is one.

    x: (N, C, H, W). num_samples: L. pairs: how many latents are decoded at once.
    """
    results = []
    for part in track(parts(x, pairs, num_samples)):
        q, p = model.posterior_of(part), model.prior()
        estimator = best_estimator(q, p)
        reconstruction, kl = torch.zeros(len(part), dtype=torch.float64), torch.tensor(0.0, dtype=torch.float64)
        for n in sizes(num_samples, max(1, pairs // len(part))):
            estimates = estimator(n).estimate(part, q, p, model.likelihood_of)
            reconstruction = reconstruction + n / num_samples * estimates[0].double().cpu()
            kl = kl + n / num_samples * estimates[1].double().cpu()
        results.append(ELBO(reconstruction, kl))
    return ELBO(*(torch.cat(values) for values in zip(*results, strict=True)))


def best_estimator(posterior: Distribution, prior: Distribution) -> type[EvidenceLowerBound]:
    """SGVB-B where KL(q ‖ p) is known in closed form, SGVB-A elsewhere."""
    try:
        closed_form_kl(posterior, prior)
    except UserError:
        return SGVBA
    return SGVBB


def sizes(total: int, largest: int) -> list[int]:
    """The total as a sum of numbers of at most `largest`."""
    full, rest = divmod(total, largest)
    return [largest] * full + [rest] * (rest > 0)
