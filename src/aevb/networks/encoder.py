"""The abstract bases of encoders."""

from abc import abstractmethod

from torch import Tensor

from aevb.networks.network import Network


class Encoder(Network):
    """Maps images (B, *image_shape) to features (B, out_features), and says how many there are of each."""

    image_shape: tuple[int, ...]  # (C, H, W)
    out_features: int

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """The features of each image: (B, C, H, W) -> (B, out_features)."""


class MapEncoder(Encoder):
    """An Encoder whose features are a map, flattened: what a VQ-VAE quantises."""

    map_shape: tuple[int, ...]  # (C', h, w), whose product is out_features
