"""The standard normal prior."""

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from aevb.checks import whole_number
from aevb.distributions.prior import Prior


class StandardNormal(Prior):
    """p(z) = N(z; 0, I), with event shape (latent_dim,).

    >>> StandardNormal(latent_dim=2)().log_prob(torch.zeros(2))  # -log 2π
    tensor(-1.8379)
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        whole_number("latent_dim", latent_dim)
        # Buffers, so that the prior follows the model to its device and precision.
        self.register_buffer("mean", torch.zeros(latent_dim), persistent=False)
        self.register_buffer("scale", torch.ones(latent_dim), persistent=False)

    def forward(self) -> Distribution:
        return Independent(Normal(self.mean, self.scale), 1)
