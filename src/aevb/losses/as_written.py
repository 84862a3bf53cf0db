"""A loss as a tutorial writes it, with the right terms beside it."""

from torch import Tensor
from torch.distributions import Distribution, Normal

from aevb.checks import number_from, one_of
from aevb.distributions import marginal_family
from aevb.losses.densities import Densities
from aevb.losses.kl import closed_form_kl
from aevb.losses.kl_weight import KLWeight
from aevb.losses.mse import REDUCTIONS
from aevb.losses.reparameterised import reparameterised
from aevb.losses.variational_bound import LossTerms, VariationalBound

KLS = ("exact", "without_squares")


class NotGaussian(ValueError):
    """A formula for Gaussians meets another q(z|x)."""


class AsWritten(VariationalBound):
    """w·‖x - x̂‖² + β·K, where x̂ is the mean of p(x|z), and z ~ q(z|x) reparameterised.

    The other terms are those of SGVB-B for the model's likelihood and prior, so that what the author minimises can be
    compared in nats.

    beta: β. error_weight: w. reduction: the squared errors of an image's pixels are summed, or their mean is taken.
    kl: what K is. exact: KL(q ‖ p). without_squares: Σⱼ σⱼ² + μⱼ² - log σⱼ - ½ for a Gaussian q, which lacks a factor
        ½ and the square in log σ². It is KL(q ‖ N(0, ½ I)) + (D/2) log 2, and pulls towards that narrower prior.

    Raises NotGaussian for without_squares and a q(z|x) that is not a product of Gaussians.
    """

    def __init__(
        self,
        num_samples: int = 1,
        beta: float = 1.0,
        kl: str = "exact",
        reduction: str = "sum",
        error_weight: float = 1.0,
    ) -> None:
        super().__init__(num_samples)
        self.kl_weight = KLWeight(beta)
        self.is_exact = one_of("loss.kl", kl, KLS) == "exact"
        self.takes_mean = one_of("loss.reduction", reduction, REDUCTIONS) == "mean"
        self.error_weight = number_from("loss.error_weight", error_weight, 0, above=True)

    def forward(self, x: Tensor, densities: Densities) -> LossTerms:
        q = densities.posterior_of(x)
        p = densities.likelihood_of(reparameterised(q, self.num_samples))
        reconstruction = -p.log_prob(x).mean(0)  # (B,)
        kl = closed_form_kl(q, densities.prior).sum(-1)  # (B,)
        errors = (x - p.mean).square().flatten(2).mean(0)  # (B, n)
        error = errors.mean(1) if self.takes_mean else errors.sum(1)
        written_kl = kl if self.is_exact else kl_without_squares(q)
        loss = self.error_weight * error + self.kl_weight() * written_kl
        return LossTerms(loss, -(reconstruction + kl), reconstruction, kl)


def kl_without_squares(q: Distribution) -> Tensor:
    """Σⱼ σⱼ² + μⱼ² - log σⱼ - ½, (B,), of a Gaussian q with batch shape (B,)."""
    each = marginal_family(q)
    if not isinstance(each, Normal) or each is q:
        raise NotGaussian(
            f"the KL term without squares is that of a Gaussian q(z|x), and this one is {type(each).__name__}"
        )
    return (each.variance + each.mean.square() - each.stddev.log() - 0.5).sum(-1)
