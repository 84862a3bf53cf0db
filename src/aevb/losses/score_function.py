"""The score-function estimator of the ELBO."""

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.checks import number_from, one_of
from aevb.losses.densities import Densities
from aevb.losses.evidence_lower_bound import EvidenceLowerBound
from aevb.losses.fixed_support import check_fixed_support
from aevb.losses.kl import log_ratio


class ScoreFunction(EvidenceLowerBound):
    """∇φ E_q[f(z)] = E_q[f(z) ∇φ log q(z|x)] ≈ 1/L Σₗ (f(zₗ) - b) ∇φ log q(zₗ|x), zₗ ~ q(z|x).

    Here f(z) = -log p(x|z) + β (log q(z|x) - log p(z)). Kingma & Welling 2014, section 2.2, call this naive Monte Carlo
    gradient impractical for its variance; it is also known as REINFORCE (Williams 1992). The values are SGVB-A's; only
    the gradient with respect to the posterior's parameters φ is taken in another way, and needs no derivative of f with
    respect to z.

    baseline: the b that lowers the variance. none; or moving_average, the average of f over the training batches
        before (Mnih & Gregor 2014): independent of z, so that the gradient stays unbiased (with free_bits=0).
    decay: how much of the average stays at each batch.

    Raises MovingSupport for a posterior whose support moves with φ, such as a uniform one, where the first equation
    fails.
    """

    averages: Tensor
    BASELINES = ("none", "moving_average")

    def __init__(
        self,
        num_samples: int = 1,
        beta: float = 1.0,
        warmup_epochs: float = 0,
        cycle_epochs: float = 0,
        free_bits: float = 0.0,
        baseline: str = "none",
        decay: float = 0.9,
    ) -> None:
        super().__init__(num_samples, beta, warmup_epochs, cycle_epochs, free_bits)
        if number_from("decay", decay, 0) >= 1:
            raise ValueError(f"decay={decay}: expected a number of at least 0 and below 1")
        self.decay = decay if one_of("baseline", baseline, self.BASELINES) == "moving_average" else None
        self.register_buffer("averages", torch.zeros(2))  # of the reconstruction, and of the KL of a dimension

    def estimate(self, x: Tensor, q: Distribution, densities: Densities) -> tuple[Tensor, Tensor]:
        check_fixed_support(q)
        z = q.sample((self.num_samples,))  # (L, B, D): no gradient goes through z
        log_q = q.log_prob(z)  # (L, B)
        score = log_q - log_q.detach()  # zero, with the gradient ∇φ log q(z|x)
        reconstruction = -densities.likelihood_of(z).log_prob(x)  # (L, B)
        kl = log_ratio(q, densities.prior, z)  # (L, B, D); its own gradient, ∇φ log q, has expectation zero
        b = self.baselines(reconstruction.detach(), kl.detach())
        reconstruction = reconstruction + (reconstruction.detach() - b[0]) * score
        kl = kl + (kl.detach() - b[1]) * score.unsqueeze(-1)
        return reconstruction.mean(0), kl.mean(0)

    def baselines(self, reconstruction: Tensor, kl: Tensor) -> Tensor:
        """The baselines of both terms, (2,); in training the averages then move towards this batch."""
        before = self.averages.clone()
        if self.decay is not None and self.training:
            now = torch.stack([reconstruction.mean(), kl.mean()])
            self.averages.mul_(self.decay).add_(now, alpha=1 - self.decay)
        return before
