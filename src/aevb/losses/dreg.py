"""The doubly reparameterised gradient of the importance-weighted bound."""

from torch import Tensor
from torch.distributions import Distribution

from aevb.losses.fixed_support import check_fixed_support
from aevb.losses.importance_weighted import ImportanceWeighted, LogWeights, log_mean_exp
from aevb.losses.path_gradient import path_gradient


class DReG(ImportanceWeighted):
    """IWAE's bound L_K = log 1/K Σₖ wₖ, with ∇φ L_K ≈ Σₖ w̃ₖ² ∂ log wₖ/∂zₖ · ∂zₖ/∂φ, where w̃ = w / Σ w.

    Tucker et al. 2019, equation 6: the score terms of IWAE's gradient are reparameterised once more, which leaves w̃²
    and the path, with the same expectation and a signal that does not fade as K grows. The gradient with respect to θ
    and to the parameters of the prior, is IWAE's: Σₖ w̃ₖ ∇θ log wₖ.

    Raises MovingSupport for a posterior whose support moves with φ.
    """

    def log_q(self, q: Distribution, z: Tensor) -> Tensor:
        check_fixed_support(q)
        return path_gradient(q.log_prob, z)

    def bound(self, weights: LogWeights) -> Tensor:
        share = weights.log_w.detach().softmax(0)  # w̃ (K, B)
        if weights.z.requires_grad:
            # The second w̃, on the way to φ.
            weights.z.register_hook(lambda gradient: share.unsqueeze(-1) * gradient)
        surrogate = (share * weights.log_w).sum(0)  # with the gradient of the bound, not its value
        return log_mean_exp(weights.log_w.detach()) + surrogate - surrogate.detach()
