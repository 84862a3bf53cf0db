"""A mixture of the posteriors of learned images as the prior."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, MixtureSameFamily

from aevb.checks import whole_number
from aevb.distributions.prior import Prior


class VampPrior(Prior):
    """p(z) = 1/K Σₖ q(z|uₖ), with K learned pseudo-inputs uₖ in (0, 1); Tomczak & Welling 2018, equation 9.

    posterior_of: x (K, C, H, W) -> q(z|x), the model's own.
    The pseudo-inputs start as dark noise.

    Shapes: event shape (D,), that of q.
    """

    def __init__(
        self,
        posterior_of: Callable[[Tensor], Distribution],
        image_shape: Sequence[int],
        num_components: int = 100,
    ) -> None:
        super().__init__()
        self.posterior_of = posterior_of
        self.raw_inputs = nn.Parameter(torch.randn(whole_number("num_components", num_components), *image_shape) - 2)

    @property
    def pseudo_inputs(self) -> Tensor:
        """u: (K, C, H, W)."""
        return torch.sigmoid(self.raw_inputs)

    def forward(self) -> Distribution:
        equal = Categorical(logits=torch.zeros_like(self.raw_inputs.flatten(1)[:, 0]))
        return MixtureSameFamily(equal, self.posterior_of(self.pseudo_inputs))
