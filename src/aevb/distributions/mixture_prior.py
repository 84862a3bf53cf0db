"""A mixture of Gaussians as the prior."""

import torch
from torch import nn
from torch.distributions import Categorical, Distribution, Independent, MixtureSameFamily, Normal

from aevb.checks import whole_number
from aevb.distributions.prior import Prior


class MixturePrior(Prior):
    """p(z) = Σₖ πₖ N(z; μₖ, diag σₖ²), with learned weights, means and scales; Dilokthanakul et al. (2016), section 3.

    The weights start equal, the scales at 1, and the means at draws from N(0, I), apart from each other.

    Shapes: event shape (latent_dim,).
    """

    def __init__(self, latent_dim: int, num_components: int = 10) -> None:
        super().__init__()
        shape = (whole_number("num_components", num_components), whole_number("latent_dim", latent_dim))
        self.logits = nn.Parameter(torch.zeros(num_components))
        self.means = nn.Parameter(torch.randn(shape))
        self.log_scales = nn.Parameter(torch.zeros(shape))

    def forward(self) -> Distribution:
        components = Independent(Normal(self.means, self.log_scales.exp()), 1)  # batch (K,), event (D,)
        return MixtureSameFamily(Categorical(logits=self.logits), components)
