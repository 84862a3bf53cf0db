"""The convolutional decoders."""

from collections.abc import Sequence
from math import prod

from torch import Tensor, nn

from aevb.checks import whole_number, whole_numbers
from aevb.networks.activation import Activation
from aevb.networks.conv_sizes import Padding
from aevb.networks.decoder import Decoder, MapDecoder
from aevb.networks.hidden_layers import hidden_layers
from aevb.networks.transposed_convolutions import TransposedConvolutions, smallest_map_shape


class ConvDecoder(Decoder):
    """A perceptron to the smallest feature map, then transposed convolutions up to exactly the image's size.

    hidden_sizes: the perceptron's hidden layers. With few latent dimensions the bound gains much from one: a feature
        map that is linear in z leaves all the folding of the latent space to the convolutions.
    channels, kernel_size, stride, padding: listed from the image inwards, as for the encoder that this decoder mirrors.
    block, dropout: what comes before each transposed convolution; see ConvEncoder.
    padding, output_padding, map_block, final_kernel_size, final_padding: see TransposedConvolutions.

    Shapes: (..., D) -> (..., *output_shape).
    """

    def __init__(
        self,
        latent_dim: int,
        output_shape: Sequence[int],
        channels: Sequence[int],
        kernel_size: int | Sequence[int] = 3,
        stride: int | Sequence[int] = 2,
        padding: Padding = "half",
        output_padding: int | Sequence[int] = 0,
        activation: Activation = "relu",
        block: Sequence[str] = ("activation",),
        map_block: Sequence[str] | None = None,
        dropout: float = 0.0,
        hidden_sizes: Sequence[int] = (),
        final_kernel_size: int | str | None = None,
        final_padding: int = 0,
    ) -> None:
        super().__init__()
        dense_sizes = (whole_number("latent_dim", latent_dim), *whole_numbers("hidden_sizes", hidden_sizes))
        self.output_shape = whole_numbers("output_shape", output_shape)
        final = final_kernel_size is not None
        self.map_shape = smallest_map_shape(self.output_shape, channels, kernel_size, stride, padding, final)
        self.hidden = hidden_layers(dense_sizes, activation)
        self.smallest_map = nn.Linear(dense_sizes[-1], prod(self.map_shape))
        self.convolutions = TransposedConvolutions(
            self.output_shape,
            channels,
            kernel_size,
            stride,
            activation,
            block,
            dropout,
            padding=padding,
            output_padding=output_padding,
            map_block=map_block,
            final_kernel_size=final_kernel_size,
            final_padding=final_padding,
        )

    def forward(self, z: Tensor) -> Tensor:
        maps = self.smallest_map(self.hidden(z)).reshape(-1, *self.map_shape)  # (L·B, C, h, w)
        images: Tensor = self.convolutions(maps)
        return images.reshape(*z.shape[:-1], *self.output_shape)


class NotAMap(ValueError):
    """A code is no map of the shape that a decoder of maps takes."""


class ConvMapDecoder(MapDecoder):
    """A 1×1 convolution from a map of codes to the smallest feature map, then transposed convolutions.

    For codes that are maps themselves, such as a VQ-VAE's; the other arguments are ConvDecoder's.

    latent_dim: the channels D of the map of codes, which comes flattened.

    Shapes: (..., D·h·w) -> (..., *output_shape), where (h, w) is the size of the smallest feature map. Raises NotAMap
    for other codes.
    """

    def __init__(
        self,
        latent_dim: int,
        output_shape: Sequence[int],
        channels: Sequence[int],
        kernel_size: int | Sequence[int] = 3,
        stride: int | Sequence[int] = 2,
        activation: Activation = "relu",
        block: Sequence[str] = ("activation",),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.output_shape = whole_numbers("output_shape", output_shape)
        self.convolutions = TransposedConvolutions(
            self.output_shape, channels, kernel_size, stride, activation, block, dropout
        )
        features, *size = smallest_map_shape(self.output_shape, channels, kernel_size, stride)
        self.code_shape = (whole_number("latent_dim", latent_dim), *size)
        self.smallest_map = nn.Conv2d(latent_dim, features, 1)

    def forward(self, z: Tensor) -> Tensor:
        if z.shape[-1] != prod(self.code_shape):
            raise NotAMap(f"a code of {z.shape[-1]} numbers is no map of shape {self.code_shape}")
        maps = self.smallest_map(z.reshape(-1, *self.code_shape))  # (N, C, h, w)
        images: Tensor = self.convolutions(maps)
        return images.reshape(*z.shape[:-1], *self.output_shape)
