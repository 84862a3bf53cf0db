"""A dictionary of images of unit norm."""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from aevb.checks import whole_number, whole_numbers
from aevb.networks.decoder import Decoder


class Dictionary(Decoder):
    """x̂ = B z = Σⱼ zⱼ bⱼ, a linear decoder without a bias whose D columns, the atoms, have ‖bⱼ‖ = 1.

    So a code cannot become small while its atoms grow, which would undo any price on the size of z. An atom is a free
    vector divided by its norm, and has norm 1 after every step, whatever the optimiser.

    Shapes: (..., D) -> (..., *output_shape).
    """

    def __init__(self, latent_dim: int, output_shape: Sequence[int]) -> None:
        super().__init__()
        self.output_shape = whole_numbers("output_shape", output_shape)
        shape = (whole_number("latent_dim", latent_dim), prod(self.output_shape))
        self.directions = nn.Parameter(normalize(torch.randn(shape), dim=1))

    @property
    def atoms(self) -> Tensor:
        """The rows of Bᵀ: (D, C'·H·W), of norm 1 each."""
        return normalize(self.directions, dim=1)

    def forward(self, z: Tensor) -> Tensor:
        return (z @ self.atoms).reshape(*z.shape[:-1], *self.output_shape)
