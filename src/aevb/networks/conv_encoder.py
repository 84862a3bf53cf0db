"""The convolutional encoder."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from torch import Tensor, nn

from aevb.checks import whole_numbers
from aevb.networks.activation import Activation
from aevb.networks.conv_block import conv_block
from aevb.networks.conv_sizes import Padding, conv_layers, margin, sizes_after
from aevb.networks.encoder import MapEncoder


class ConvEncoder(MapEncoder):
    """Strided convolutions, each followed by a block, then flattened.

    kernel_size, stride: one number, or one for each convolution.
    padding: half, (kernel_size - 1) // 2 on every side; same, what makes ⌈n / stride⌉ of n rows, the odd one at the
        end, as in TensorFlow; valid, none; or a number; or a list of one for each convolution.
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
        kernel_size: int | Sequence[int] = 3,
        stride: int | Sequence[int] = 2,
        padding: Padding = "half",
        activation: Activation = "relu",
        block: Sequence[str] = ("activation",),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.image_shape = whole_numbers("image_shape", image_shape)
        planes = (self.image_shape[0], *whole_numbers("channels", channels))
        geometry = conv_layers(kernel_size, stride, padding, len(channels))
        sizes = sizes_after(self.image_shape, geometry)
        layers: list[nn.Module] = []
        for (fan_in, fan_out), layer, (height, width) in zip(pairwise(planes), geometry, sizes[:-1], strict=True):
            rows, columns = margin(layer, height), margin(layer, width)
            odd_row, odd_column = rows.after - rows.before, columns.after - columns.before
            if odd_row or odd_column:
                layers.append(nn.ZeroPad2d((0, odd_column, 0, odd_row)))
            both = rows.before, columns.before
            layers.append(nn.Conv2d(fan_in, fan_out, layer.kernel_size, layer.stride, both))
            layers += conv_block("block", block, fan_out, activation, dropout)
        self.convolutions = nn.Sequential(*layers)
        self.map_shape = (planes[-1], *sizes[-1])
        self.out_features = prod(self.map_shape)

    def forward(self, x: Tensor) -> Tensor:
        maps: Tensor = self.convolutions(x)
        return maps.flatten(1)
