"""SGVB-B: the ELBO with its KL term in closed form."""

from torch import Tensor
from torch.distributions import Distribution

from aevb.losses.densities import Densities
from aevb.losses.evidence_lower_bound import EvidenceLowerBound
from aevb.losses.kl import closed_form_kl
from aevb.losses.reparameterised import reparameterised


class SGVBB(EvidenceLowerBound):
    """L̃ᴮ = 1/L Σₗ log p(x|zₗ) - KL(q(z|x) ‖ p(z)), zₗ ~ q(z|x) reparameterised.

    Kingma & Welling 2014, equation 7. Raises NoClosedForm where torch knows no closed form for the pair.
    """

    def estimate(self, x: Tensor, q: Distribution, densities: Densities) -> tuple[Tensor, Tensor]:
        z = reparameterised(q, self.num_samples)  # (L, B, D)
        reconstruction = -densities.likelihood_of(z).log_prob(x)  # (L, B)
        return reconstruction.mean(0), closed_form_kl(q, densities.prior)
