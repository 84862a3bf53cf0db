"""Sticking the landing: the estimator whose variance vanishes at the exact posterior."""

from torch import Tensor
from torch.distributions import Distribution

from aevb.losses.densities import Densities
from aevb.losses.evidence_lower_bound import EvidenceLowerBound
from aevb.losses.fixed_support import check_fixed_support
from aevb.losses.kl import log_densities
from aevb.losses.path_gradient import path_gradient
from aevb.losses.reparameterised import reparameterised


class STL(EvidenceLowerBound):
    """L̃ = 1/L Σₗ log p(x|zₗ) + log p(zₗ) - log q(zₗ|x), where log q is differentiated through zₗ only.

    Roeder, Wu & Duvenaud 2017. SGVB-A's values; its gradient with respect to φ without the score, whose expectation is
    zero. Where q(z|x) = p(z|x) the bracket does not depend on z, and every single sample has the gradient zero.

    Raises MovingSupport for a posterior whose support moves with φ.
    """

    def estimate(self, x: Tensor, q: Distribution, densities: Densities) -> tuple[Tensor, Tensor]:
        check_fixed_support(q)
        z = reparameterised(q, self.num_samples)  # (L, B, D)
        reconstruction = -densities.likelihood_of(z).log_prob(x)  # (L, B)
        log_q = path_gradient(lambda z: log_densities(q, densities.prior, z)[0], z)  # (L, B, D)
        log_p = log_densities(q, densities.prior, z)[1]
        return reconstruction.mean(0), (log_q - log_p).mean(0)
