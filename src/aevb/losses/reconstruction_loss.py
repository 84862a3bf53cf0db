"""The abstract base of the losses of a plain autoencoder."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class ReconstructionLoss(nn.Module, ABC):
    """Compares a decoder's output with the image, and says which image that output stands for."""

    unit: str

    def check_range(self, low: float, high: float) -> None:
        """Raise ValueError where images with pixels from `low` to `high` are not what this loss is for."""

    @abstractmethod
    def image(self, prediction: Tensor) -> Tensor:
        """The image that a decoder's output stands for, same shape."""

    @abstractmethod
    def forward(self, prediction: Tensor, x: Tensor) -> Tensor:
        """The loss of each image: (B, C, H, W), (B, C, H, W) -> (B,)."""
