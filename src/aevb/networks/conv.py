"""Strided convolutions, and the transposed convolutions that undo their sizes."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from torch import Tensor, nn

from aevb.checks import whole_number, whole_numbers
from aevb.networks.conv_block import conv_block, needs_bias
from aevb.networks.decoder import Decoder, MapDecoder
from aevb.networks.encoder import MapEncoder
from aevb.networks.hidden_layers import hidden_layers

Size = tuple[int, int]  # height, width


def layer_strides(stride: int | Sequence[int], layers: int) -> tuple[int, ...]:
    """The stride of each convolution, from one number for all or a list."""
    if isinstance(stride, int):
        return (whole_number("stride", stride),) * layers
    strides = whole_numbers("stride", stride)
    if len(strides) != layers:
        raise ValueError(f"stride={list(strides)}: expected one number, or one for each of the {layers} channels")
    return strides


def layer_sizes(image_shape: Sequence[int], strides: Sequence[int], kernel_size: int) -> list[Size]:
    """The size of the image and after each convolution, with padding (kernel_size - 1) // 2.

    Dumoulin & Visin (2016), relationship 6: out = floor((in + 2·padding - kernel_size) / stride) + 1.
    """
    whole_number("kernel_size", kernel_size)
    _, height, width = image_shape
    if kernel_size > min(height, width):
        raise ValueError(
            f"kernel_size={kernel_size} is larger than the image, {height}x{width} pixels: choose a smaller kernel"
        )
    padding = (kernel_size - 1) // 2
    sizes = [(height, width)]
    for layer, stride in enumerate(strides):
        height, width = ((n + 2 * padding - kernel_size) // stride + 1 for n in sizes[-1])
        if min(height, width) < 1:
            raise ValueError(
                f"convolution {layer + 1} of {len(strides)} gets {sizes[-1][0]}x{sizes[-1][1]} values, fewer than its "
                f"kernel_size={kernel_size}: use fewer channels in the list, a smaller kernel or a smaller stride"
            )
        sizes.append((height, width))
    return sizes


class ConvEncoder(MapEncoder):
    """Strided convolutions, each followed by a block, then flattened.

    stride: one number, or one for each convolution.
    block: what follows each convolution, in order: activation, batch_norm, dropout.
    dropout: the probability of dropout, where the block has it.

    Shapes: (B, C, H, W) -> (B, out_features), for any H and W of at least `kernel_size`.

    >>> encoder = ConvEncoder((1, 28, 28), [32, 64])
    >>> encoder.map_shape, encoder.out_features
    ((64, 7, 7), 3136)
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        channels: Sequence[int],
        kernel_size: int = 3,
        stride: int | Sequence[int] = 2,
        activation: str = "relu",
        block: Sequence[str] = ("activation",),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.image_shape = whole_numbers("image_shape", image_shape)
        planes = (self.image_shape[0], *whole_numbers("channels", channels))
        strides = layer_strides(stride, len(channels))
        sizes = layer_sizes(self.image_shape, strides, kernel_size)
        padding = (kernel_size - 1) // 2
        layers: list[nn.Module] = []
        for (fan_in, fan_out), step in zip(pairwise(planes), strides, strict=True):
            layers.append(nn.Conv2d(fan_in, fan_out, kernel_size, step, padding, bias=needs_bias(block)))
            layers += conv_block(block, fan_out, activation, dropout)
        self.convolutions = nn.Sequential(*layers)
        self.map_shape = (planes[-1], *sizes[-1])
        self.out_features = prod(self.map_shape)

    def forward(self, x: Tensor) -> Tensor:
        maps: Tensor = self.convolutions(x)
        return maps.flatten(1)


class TransposedConvolutions(nn.Sequential):
    """From a map back up to exactly the image's size; each transposed convolution comes after a block.

    channels, stride: listed from the image inwards, as for the encoder that this mirrors.

    A strided convolution drops up to stride - 1 rows; `output_padding` puts back just those, at every layer.

    Shapes: (N, *map_shape) -> (N, *output_shape).
    """

    def __init__(
        self,
        output_shape: Sequence[int],
        channels: Sequence[int],
        kernel_size: int,
        stride: int | Sequence[int],
        activation: str,
        block: Sequence[str],
        dropout: float,
    ) -> None:
        planes = (whole_numbers("output_shape", output_shape)[0], *whole_numbers("channels", channels))
        strides = layer_strides(stride, len(channels))
        sizes = layer_sizes(output_shape, strides, kernel_size)
        padding = (kernel_size - 1) // 2
        layers: list[nn.Module] = []
        for i in reversed(range(len(channels))):
            (height, width), (h, w) = sizes[i], sizes[i + 1]
            left_over = (
                height - ((h - 1) * strides[i] + kernel_size - 2 * padding),
                width - ((w - 1) * strides[i] + kernel_size - 2 * padding),
            )
            bias = needs_bias(block) or i == 0
            layers += conv_block(block, planes[i + 1], activation, dropout)
            layers.append(
                nn.ConvTranspose2d(
                    planes[i + 1], planes[i], kernel_size, strides[i], padding, output_padding=left_over, bias=bias
                )
            )
        super().__init__(*layers)
        self.map_shape = (planes[-1], *sizes[-1])


class ConvDecoder(Decoder):
    """A perceptron to the smallest feature map, then transposed convolutions up to exactly the image's size.

    hidden_sizes: the perceptron's hidden layers. With few latent dimensions the bound gains much from one: a feature
        map that is linear in z leaves all the folding of the latent space to the convolutions.
    channels, stride: listed from the image inwards, as for the encoder that this decoder mirrors.
    block, dropout: what comes before each transposed convolution; see ConvEncoder.

    Shapes: (..., D) -> (..., *output_shape).
    """

    def __init__(
        self,
        latent_dim: int,
        output_shape: Sequence[int],
        channels: Sequence[int],
        kernel_size: int = 3,
        stride: int | Sequence[int] = 2,
        activation: str = "relu",
        block: Sequence[str] = ("activation",),
        dropout: float = 0.0,
        hidden_sizes: Sequence[int] = (),
    ) -> None:
        super().__init__()
        dense_sizes = (whole_number("latent_dim", latent_dim), *whole_numbers("hidden_sizes", hidden_sizes))
        self.output_shape = whole_numbers("output_shape", output_shape)
        self.hidden = hidden_layers(dense_sizes, activation)
        *_, smallest = layer_sizes(self.output_shape, layer_strides(stride, len(channels)), kernel_size)
        self.map_shape = ((*self.output_shape[:1], *channels)[-1], *smallest)
        self.smallest_map = nn.Linear(dense_sizes[-1], prod(self.map_shape))
        self.convolutions = TransposedConvolutions(
            self.output_shape, channels, kernel_size, stride, activation, block, dropout
        )

    def forward(self, z: Tensor) -> Tensor:
        maps = self.smallest_map(self.hidden(z)).reshape(-1, *self.map_shape)  # (L·B, C, h, w)
        images: Tensor = self.convolutions(maps)
        return images.reshape(*z.shape[:-1], *self.output_shape)


class ConvMapDecoder(MapDecoder):
    """A 1×1 convolution from a map of codes to the smallest feature map, then transposed convolutions.

    For codes that are maps themselves, such as a VQ-VAE's; the other arguments are ConvDecoder's.

    latent_dim: the channels D of the map of codes, which comes flattened.

    Shapes: (..., D·h·w) -> (..., *output_shape), where (h, w) is the size of the smallest feature map.
    """

    def __init__(
        self,
        latent_dim: int,
        output_shape: Sequence[int],
        channels: Sequence[int],
        kernel_size: int = 3,
        stride: int | Sequence[int] = 2,
        activation: str = "relu",
        block: Sequence[str] = ("activation",),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.output_shape = whole_numbers("output_shape", output_shape)
        self.convolutions = TransposedConvolutions(
            self.output_shape, channels, kernel_size, stride, activation, block, dropout
        )
        features, *size = self.convolutions.map_shape
        self.code_shape = (whole_number("latent_dim", latent_dim), *size)
        self.smallest_map = nn.Conv2d(latent_dim, features, 1)

    def forward(self, z: Tensor) -> Tensor:
        maps = self.smallest_map(z.reshape(-1, *self.code_shape))  # (N, C, h, w)
        images: Tensor = self.convolutions(maps)
        return images.reshape(*z.shape[:-1], *self.output_shape)
