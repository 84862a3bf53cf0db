"""Corruption of the input, for a denoising autoencoder to undo.

Vincent, Larochelle, Bengio & Manzagol (2008); Im et al. (2017) for variational autoencoders. The input is corrupted in
evaluation as in training, because undoing it is what is measured.
"""

import torch
from torch import Tensor, nn

from aevb.checks import number_from


class GaussianNoise(nn.Module):
    """x̃ = x + std·ε, ε ~ N(0, I): any shape -> the same. x̃ may lie outside [0, 1]."""

    def __init__(self, std: float = 0.5) -> None:
        super().__init__()
        self.std = number_from("noise std", std, 0)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x)


class MaskingNoise(nn.Module):
    """x̃ᵢ = black with the given probability, xᵢ otherwise, for each pixel by itself: any shape -> the same."""

    def __init__(self, probability: float = 0.5, black: float = 0.0) -> None:
        super().__init__()
        if number_from("noise probability", probability, 0) > 1:
            raise ValueError(f"noise probability={probability}: expected a number between 0 and 1")
        self.probability = probability
        self.black = float(black)

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(torch.rand_like(x) >= self.probability, x, self.black)
