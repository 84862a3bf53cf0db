"""SGVB-A: the ELBO estimated from samples alone."""

from torch import Tensor
from torch.distributions import Distribution

from aevb.losses.densities import Densities
from aevb.losses.evidence_lower_bound import EvidenceLowerBound
from aevb.losses.kl import log_ratio
from aevb.losses.reparameterised import reparameterised


class SGVBA(EvidenceLowerBound):
    """L̃ᴬ = 1/L Σₗ log p(x|zₗ) + log p(zₗ) - log q(zₗ|x), zₗ ~ q(z|x) reparameterised.

    Kingma & Welling 2014, equation 6. Works for every posterior with `rsample` and every prior with a density.
    """

    def estimate(self, x: Tensor, q: Distribution, densities: Densities) -> tuple[Tensor, Tensor]:
        z = reparameterised(q, self.num_samples)  # (L, B, D)
        reconstruction = -densities.likelihood_of(z).log_prob(x)  # (L, B)
        return reconstruction.mean(0), log_ratio(q, densities.prior, z).mean(0)
