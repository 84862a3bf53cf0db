"""The evidence lower bound and its parts."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.losses import SGVBA, SGVBB, EvidenceLowerBound, NoClosedForm
from aevb.losses.kl import closed_form_kl
from aevb.metrics.batching import chunk_sizes, in_batches
from aevb.metrics.track import Track, untracked
from aevb.models import VAE


class ELBO(NamedTuple):
    """Nats for each image: reconstruction = E_q[-log p(x|z)], (N,), and the KL term, (N, D) or (N, 1)."""

    reconstruction: Tensor
    kl_by_dimension: Tensor

    @property
    def kl(self) -> Tensor:
        return self.kl_by_dimension.sum(1)

    @property
    def elbo(self) -> Tensor:
        return -(self.reconstruction + self.kl)


@torch.no_grad()
def estimate(model: VAE, x: Tensor, num_samples: int, decodes: int, track: Track = untracked) -> ELBO:
    """Each image's ELBO at β = 1, averaged over L samples of z; the KL term in closed form where there is one.

    x: (N, C, H, W). num_samples: L. decodes: how many latents are decoded at once.
    """
    densities = model.densities()
    results = []
    for part in track(in_batches(x, decodes, num_samples)):
        q = model.posterior_of(part)
        estimator = best_estimator(q, densities.prior)
        reconstruction, kl = torch.zeros(len(part), dtype=torch.float64), torch.tensor(0.0, dtype=torch.float64)
        for n in chunk_sizes(num_samples, max(1, decodes // len(part))):
            estimates = estimator(n).estimate(part, q, densities)
            reconstruction = reconstruction + n / num_samples * estimates[0].double().cpu()
            kl = kl + n / num_samples * estimates[1].double().cpu()
        results.append(ELBO(reconstruction, kl))
    return ELBO(*(torch.cat(values) for values in zip(*results, strict=True)))


def best_estimator(posterior: Distribution, prior: Distribution) -> type[EvidenceLowerBound]:
    """SGVB-B where KL(q ‖ p) is known in closed form, SGVB-A elsewhere."""
    try:
        closed_form_kl(posterior, prior)
    except NoClosedForm:
        return SGVBA
    return SGVBB
