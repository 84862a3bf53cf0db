"""The logistic-normal posterior, on the simplex."""

from torch import Tensor, nn
from torch.distributions import Distribution

from aevb.checks import whole_number
from aevb.distributions.bounded import bounded
from aevb.distributions.families.simplex import LogisticNormal
from aevb.distributions.posterior import Posterior


class LogisticNormalPosterior(Posterior):
    """q(z|x): z is the stick-breaking transform of y ~ N(μ(x), diag exp s(x)), with one dimension less than z; μ and
    s/2 are linear in the features and `bounded`.

    Aitchison & Shen 1980; an example of composition in Kingma & Welling 2014, section 2.4, point 3.

    Shapes: (B, in_features) -> batch shape (B,), event shape (latent_dim,), on the simplex: z > 0, Σⱼ zⱼ = 1.
    """

    def __init__(self, in_features: int, latent_dim: int) -> None:
        whole_number("latent_dim of a posterior on the simplex", latent_dim, at_least=2)
        super().__init__(nn.Linear(in_features, 2 * (latent_dim - 1)))

    def distribution(self, raw: Tensor) -> Distribution:
        mean, s = raw.chunk(2, dim=-1)  # (B, D - 1) each
        return LogisticNormal(bounded(mean), bounded(s / 2).exp())
