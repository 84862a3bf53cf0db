"""The estimator with the KL term in closed form."""

from collections.abc import Callable

from torch import Tensor
from torch.distributions import Distribution

from aevb.losses.evidence_lower_bound import EvidenceLowerBound
from aevb.losses.kl import closed_form_kl


class SGVBB(EvidenceLowerBound):
    """L̃ᴮ = 1/L Σₗ log p(x|zₗ) - KL(q(z|x) ‖ p(z)), zₗ ~ q(z|x) reparameterised.

    Kingma & Welling 2014, equation 7. Raises UserError where torch knows no closed form for the pair.
    """

    def estimate(
        self, x: Tensor, posterior: Distribution, prior: Distribution, decode: Callable[[Tensor], Distribution]
    ) -> tuple[Tensor, Tensor]:
        z = posterior.rsample((self.num_samples,))  # (L, B, D)
        reconstruction = -decode(z).log_prob(x)  # (L, B)
        return reconstruction.mean(0), closed_form_kl(posterior, prior)
