"""The doubly reparameterised gradient of the importance-weighted bound."""

from collections.abc import Callable

from torch import Tensor
from torch.distributions import Distribution

from aevb.losses.fixed_support import check_fixed_support
from aevb.losses.log_weights import LogWeights, log_mean_exp
from aevb.losses.path_gradient import along_path
from aevb.losses.variational_bound import LossTerms, VariationalBound


class DReG(VariationalBound):
    """IWAE's bound L_K = log 1/K Σₖ wₖ, with ∇φ L_K ≈ Σₖ w̃ₖ² ∂ log wₖ/∂zₖ · ∂zₖ/∂φ, where w̃ = w / Σ w.

    Tucker et al. 2019, equation 6: the score terms of IWAE's gradient are reparameterised once more, which leaves
    w̃² and the path, with the same expectation and a signal that does not fade as K grows. The gradient by θ, and by
    the parameters of the prior, is IWAE's: Σₖ w̃ₖ ∇θ log wₖ.

    Raises UserError for a posterior whose support moves with φ.
    """

    best_by = "loss"

    def forward(
        self,
        x: Tensor,
        posterior: Distribution,
        prior: Distribution,
        decode: Callable[[Tensor], Distribution],
        encode: Callable[[Tensor], Distribution] | None = None,
    ) -> LossTerms:
        check_fixed_support(posterior, "dreg")
        z = posterior.rsample((self.num_samples,))  # (K, B, D)
        weights = LogWeights(-decode(z).log_prob(x), along_path(posterior.log_prob, z) - prior.log_prob(z))
        share = weights.log_w.detach().softmax(0)  # w̃ (K, B)
        if z.requires_grad:
            z.register_hook(lambda gradient: share.unsqueeze(-1) * gradient)  # the second w̃, on the way to φ
        surrogate = (share * weights.log_w).sum(0)  # with the gradient of the bound, not its value
        bound = log_mean_exp(weights.log_w.detach())
        return weights.terms(-(bound + surrogate - surrogate.detach()))
