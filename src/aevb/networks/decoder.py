"""The abstract bases of decoders."""

from abc import abstractmethod

from torch import Tensor

from aevb.networks.network import Network


class Decoder(Network):
    """Maps latents (..., D) to real numbers (..., *output_shape), without a final non-linearity.

    What the numbers mean is for a loss or a likelihood to say. Any number of leading dimensions is kept, so that L
    samples of z for each image are decoded at once.
    """

    output_shape: tuple[int, ...]  # (C', H, W)

    @abstractmethod
    def forward(self, z: Tensor) -> Tensor:
        """The output for each latent: (..., D) -> (..., C', H, W)."""


class MapDecoder(Decoder):
    """A Decoder of latents that are maps of codes, flattened: (..., D·h·w) -> (..., *output_shape)."""

    code_shape: tuple[int, ...]  # (D, h, w)
