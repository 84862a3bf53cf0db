"""The estimator that needs no closed form."""

from collections.abc import Callable

from torch import Tensor
from torch.distributions import Distribution

from aevb.losses.evidence_lower_bound import EvidenceLowerBound
from aevb.losses.kl import log_ratio


class SGVBA(EvidenceLowerBound):
    """L̃ᴬ = 1/L Σₗ log p(x|zₗ) + log p(zₗ) - log q(zₗ|x), zₗ ~ q(z|x) reparameterised.

    Kingma & Welling 2014, equation 6. Works for every posterior with `rsample` and every prior with a density.
    """

    def estimate(
        self, x: Tensor, posterior: Distribution, prior: Distribution, decode: Callable[[Tensor], Distribution]
    ) -> tuple[Tensor, Tensor]:
        z = posterior.rsample((self.num_samples,))  # (L, B, D)
        reconstruction = -decode(z).log_prob(x)  # (L, B)
        kl = log_ratio(posterior, prior, z)  # (L, B, D)
        return reconstruction.mean(0), kl.mean(0)
