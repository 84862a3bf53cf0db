"""Transposed convolutions, from a small map up to an image."""

from collections.abc import Sequence

from torch import nn

from aevb.checks import whole_number, whole_numbers
from aevb.networks.activation import Activation
from aevb.networks.conv_block import conv_block
from aevb.networks.conv_sizes import Layer, Padding, Size, conv_layers, sizes_after


class TransposedConvolutions(nn.Sequential):
    """From a map up to exactly the image's size; each layer comes after a block.

    The map has the size that convolutions of these kernels and strides, padded by half or same, leave of the image.

    channels, kernel_size, stride, padding, output_padding: listed from the image inwards, as for the encoder that this
        mirrors.
    padding: half undoes the sizes of that encoder: a strided convolution drops up to stride - 1 rows, and each layer
        puts back just those. same: stride times as many rows, as in TensorFlow. valid, or a number p: for n rows
        (n - 1)·stride - 2p + kernel_size + output_padding. Or a list of same, valid and numbers.
    map_block: the block before the first layer; None: as before all others.
    final_kernel_size: a number makes the last layer, from the first of `channels` to the image, a convolution without
        stride, with `final_padding`. fit chooses the kernel that leads to the image's size, or 3 with a padding of 1
        where it is there already. None: the last layer is a transposed convolution as well.

    Shapes: (N, *map_shape) -> (N, *output_shape).
    """

    def __init__(
        self,
        output_shape: Sequence[int],
        channels: Sequence[int],
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int],
        activation: Activation,
        block: Sequence[str],
        dropout: float,
        padding: Padding = "half",
        output_padding: int | Sequence[int] = 0,
        map_block: Sequence[str] | None = None,
        final_kernel_size: int | str | None = None,
        final_padding: int = 0,
    ) -> None:
        planes = (whole_numbers("output_shape", output_shape)[0], *whole_numbers("channels", channels))
        final = final_kernel_size is not None
        if final and not channels:
            raise ValueError("final_kernel_size needs channels: a list of at least one number")
        geometry = conv_layers(kernel_size, stride, padding, len(channels) - final)
        if len({layer.padding == "half" for layer in geometry}) > 1:
            raise ValueError(f"padding={padding}: half mirrors all layers, and does not go with others in a list")
        additions = _output_paddings(output_padding, geometry)
        blocks = [("block", block)] * len(channels)  # from the image inwards, as all lists here
        if map_block is not None and blocks:
            blocks[-1] = ("map_block", map_block)
        sizes = _mirrored(output_shape, geometry)
        size = sizes[-1]
        layers: list[nn.Module] = []
        for i in reversed(range(len(geometry))):
            fan_in, fan_out = planes[i + 1 + final], planes[i + final]
            made, size = _transposed(geometry[i], fan_in, fan_out, size, sizes[i], additions[i])
            layers += [*conv_block(*blocks[i + final], fan_in, activation, dropout), *made]
        if final:
            made, size = _final(final_kernel_size, final_padding, planes[1], planes[0], size, sizes[0])
            layers += [*conv_block(*blocks[0], planes[1], activation, dropout), *made]
        elif final_padding:
            raise ValueError(f"final_padding={final_padding} belongs to a convolution of final_kernel_size: set both")
        if size != sizes[0]:
            raise ValueError(
                f"the decoder's layers lead from {_shown(sizes[-1])} to {_shown(size)}, and the images have "
                f"{_shown(sizes[0])} pixels: padding=half ends at any size, final_kernel_size=fit at any smaller one"
            )
        super().__init__(*layers)


def smallest_map_shape(
    output_shape: Sequence[int],
    channels: Sequence[int],
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int],
    padding: Padding = "half",
    final: bool = False,
) -> tuple[int, ...]:
    """(C', h, w) of the map that TransposedConvolutions begin with; final: whether they end with a convolution."""
    geometry = conv_layers(kernel_size, stride, padding, max(len(channels) - final, 0))
    planes = (whole_numbers("output_shape", output_shape)[0], *whole_numbers("channels", channels))
    return (planes[-1], *_mirrored(output_shape, geometry)[-1])


def _mirrored(output_shape: Sequence[int], geometry: Sequence[Layer]) -> list[Size]:
    """The sizes that an encoder of this geometry leaves of the image, padded by half or as `same` has it."""
    padded = [layer if layer.padding == "same" else layer._replace(padding="half") for layer in geometry]
    return sizes_after(output_shape, padded)


def _transposed(
    layer: Layer, fan_in: int, fan_out: int, size: Size, mirrored: Size, addition: int
) -> tuple[list[nn.Module], Size]:
    """A transposed convolution of a map of this size, with what crops its output, and the size of that."""
    kernel, stride = layer.kernel_size, layer.stride
    crop = 0
    if layer.padding == "half":
        padding = (kernel - 1) // 2
        missing = [n - ((m - 1) * stride + kernel - 2 * padding) for n, m in zip(mirrored, size, strict=True)]
        added = missing[0], missing[1]
    elif layer.padding == "same":
        padding, crop = divmod(max(kernel - stride, 0), 2)
        added = max(stride - kernel, 0), max(stride - kernel, 0)
    else:
        padding, added = int(layer.padding), (addition, addition)
    height, width = ((m - 1) * stride + kernel - 2 * padding + more - crop for m, more in zip(size, added, strict=True))
    if min(height, width) < 1:
        raise ValueError(f"padding={padding} leaves nothing of a map of {_shown(size)}: choose a smaller one")
    made: list[nn.Module] = [nn.ConvTranspose2d(fan_in, fan_out, kernel, stride, padding, output_padding=added)]
    if crop:
        made.append(nn.ZeroPad2d((0, -crop, 0, -crop)))
    return made, (height, width)


def _final(
    kernel_size: int | str | None, padding: int, fan_in: int, fan_out: int, size: Size, image_size: Size
) -> tuple[list[nn.Module], Size]:
    """The convolution without stride from a map of this size, and the size of its output."""
    if kernel_size == "fit":
        if padding:
            raise ValueError(f"final_padding={padding}: final_kernel_size=fit chooses the padding itself")
        if min(n - m for n, m in zip(size, image_size, strict=True)) < 0:
            raise ValueError(
                f"final_kernel_size=fit: the layers before lead to {_shown(size)}, less than the images' "
                f"{_shown(image_size)}: choose padding=half, or more channels with a stride"
            )
        padding = 1 if size == image_size else 0
        kernel = (3, 3) if padding else (size[0] - image_size[0] + 1, size[1] - image_size[1] + 1)
    else:
        if isinstance(kernel_size, str):
            raise ValueError(f"final_kernel_size={kernel_size!r}: expected fit, or a whole number of at least 1")
        kernel = (whole_number("final_kernel_size", kernel_size),) * 2
        whole_number("final_padding", padding, at_least=0)
    height, width = (n + 2 * padding - k + 1 for n, k in zip(size, kernel, strict=True))
    return [nn.Conv2d(fan_in, fan_out, kernel, padding=padding)], (height, width)


def _output_paddings(given: int | Sequence[int], geometry: Sequence[Layer]) -> list[int]:
    """The rows that each layer adds; ValueError where they would do nothing, or are too many."""
    values = [given] * len(geometry) if isinstance(given, int) else list(given)
    if len(values) != len(geometry):
        raise ValueError(f"output_padding={values}: expected one number, or one for each of {len(geometry)} layers")
    for value, layer in zip(values, geometry, strict=True):
        whole_number("output_padding", value, at_least=0)
        if value and isinstance(layer.padding, str):
            raise ValueError(f"output_padding={value} needs a number as padding: padding={layer.padding} has its own")
        if value >= layer.stride > 0 and value:
            raise ValueError(f"output_padding={value}: expected less than stride={layer.stride}")
    return values


def _shown(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
