"""A codebook that the optimiser trains."""

import torch
from torch import Tensor, nn

from aevb.networks.codebook import Codebook


class GradientCodebook(Codebook):
    """loss = ‖sg[z] - e‖² + β‖z - sg[e]‖² (van den Oord et al. 2017, equation 3).

    The arguments are Codebook's. Without `restart` the codes start small, uniform on ±1/K.
    """

    def __init__(
        self,
        num_codes: int,
        latent_dim: int,
        commitment: float = 0.25,
        decay: float = 0.95,
        restart: bool = True,
        dead_below: float = 0.02,
    ) -> None:
        super().__init__(num_codes, latent_dim, commitment, decay, restart, dead_below)
        self.codes = nn.Parameter(torch.empty(num_codes, latent_dim).uniform_(-1 / num_codes, 1 / num_codes))

    @property
    def follows_batches(self) -> bool:
        return self.restart

    def code_loss(self, maps: Tensor, codes: Tensor) -> Tensor:
        return (maps.detach() - codes).square()

    def move(self, chosen: Tensor, vectors: Tensor) -> None:
        self.codes.copy_(torch.where(chosen, vectors, self.codes))

    def learn(self, vectors: Tensor, indices: Tensor) -> None:
        """Does nothing: the optimiser moves these codes."""
