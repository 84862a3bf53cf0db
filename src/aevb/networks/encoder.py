"""What every encoder has."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Encoder(nn.Module, ABC):
    """Maps images (B, *image_shape) to features (B, out_features), and says how many there are of each."""

    image_shape: tuple[int, ...]
    out_features: int

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """The features of each image."""
