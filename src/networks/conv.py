"""Strided convolutions, and the transposed convolutions that undo their sizes."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from torch import Tensor, nn

from src.errors import whole_number, whole_numbers
from src.networks.activation import activation as activation_named
from src.networks.encoder import Encoder
from src.networks.hidden_layers import hidden_layers


def _layer_sizes(image_shape: Sequence[int], layers: int, kernel_size: int, stride: int) -> list[tuple[int, int]]:
    """(height, width) of the image and after each convolution, with padding (kernel_size - 1) // 2.

    Dumoulin & Visin (2016), relationship 6: out = floor((in + 2·padding - kernel_size) / stride) + 1.
    """
    whole_number("kernel_size", kernel_size)
    whole_number("stride", stride)
    _, height, width = image_shape
    if kernel_size > min(height, width):
        raise ValueError(
            f"kernel_size={kernel_size} is larger than the image, {height}x{width} pixels: choose a smaller kernel"
        )
    padding = (kernel_size - 1) // 2
    sizes = [(height, width)]
    for layer in range(layers):
        height, width = ((n + 2 * padding - kernel_size) // stride + 1 for n in sizes[-1])
        if min(height, width) < 1:
            raise ValueError(
                f"convolution {layer + 1} of {layers} gets {sizes[-1][0]}x{sizes[-1][1]} values, fewer than its "
                f"kernel_size={kernel_size}: use fewer channels in the list, a smaller kernel or a smaller stride"
            )
        sizes.append((height, width))
    return sizes


class ConvEncoder(Encoder):
    """Strided convolutions, each followed by the activation, then flattened.

    Shapes: (B, C, H, W) -> (B, out_features), for any H and W of at least `kernel_size`.
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        channels: Sequence[int],
        kernel_size: int = 3,
        stride: int = 2,
        activation: str = "relu",
    ) -> None:
        super().__init__()
        self.image_shape = whole_numbers("image_shape", image_shape)
        planes = (self.image_shape[0], *whole_numbers("channels", channels))
        sizes = _layer_sizes(self.image_shape, len(channels), kernel_size, stride)
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise(planes):
            conv = nn.Conv2d(fan_in, fan_out, kernel_size, stride, padding=(kernel_size - 1) // 2)
            layers += [conv, activation_named(activation)]
        self.convolutions = nn.Sequential(*layers)
        self.out_features = planes[-1] * prod(sizes[-1])

    def forward(self, x: Tensor) -> Tensor:
        return self.convolutions(x).flatten(1)


class ConvDecoder(nn.Module):
    """A perceptron to the smallest feature map, then transposed convolutions up to exactly the image's size.

    hidden_sizes: the perceptron's hidden layers. With few latent dimensions the bound gains much from one: a feature
        map that is linear in z leaves all the folding of the latent space to the convolutions.
    channels: listed from the image inwards, as for the encoder that this decoder mirrors.

    A strided convolution drops up to stride - 1 rows; `output_padding` puts back just those, at every layer.

    Shapes: (..., D) -> (..., *output_shape).
    """

    def __init__(
        self,
        latent_dim: int,
        output_shape: Sequence[int],
        channels: Sequence[int],
        kernel_size: int = 3,
        stride: int = 2,
        activation: str = "relu",
        hidden_sizes: Sequence[int] = (),
    ) -> None:
        super().__init__()
        dense_sizes = (whole_number("latent_dim", latent_dim), *whole_numbers("hidden_sizes", hidden_sizes))
        self.output_shape = whole_numbers("output_shape", output_shape)
        planes = (self.output_shape[0], *whole_numbers("channels", channels))
        sizes = _layer_sizes(self.output_shape, len(channels), kernel_size, stride)
        padding = (kernel_size - 1) // 2
        self.map_shape = (planes[-1], *sizes[-1])
        self.hidden = hidden_layers(dense_sizes, activation)
        self.smallest_map = nn.Linear(dense_sizes[-1], prod(self.map_shape))
        layers: list[nn.Module] = []
        for i in reversed(range(len(channels))):
            (h, w), (height, width) = sizes[i + 1], sizes[i]
            left_over = (
                height - ((h - 1) * stride + kernel_size - 2 * padding),
                width - ((w - 1) * stride + kernel_size - 2 * padding),
            )
            layers += [
                activation_named(activation),
                nn.ConvTranspose2d(planes[i + 1], planes[i], kernel_size, stride, padding, output_padding=left_over),
            ]
        self.convolutions = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        maps = self.smallest_map(self.hidden(z)).reshape(-1, *self.map_shape)  # (L·B, C, h, w)
        return self.convolutions(maps).reshape(*z.shape[:-1], *self.output_shape)
