"""The sizes of feature maps, and the padding that makes them."""

from collections.abc import Sequence
from typing import NamedTuple

from aevb.checks import whole_number, whole_numbers

Size = tuple[int, int]  # height, width
Padding = str | int | Sequence[str | int]  # half, same, valid, or a number; or one for each layer
PADDINGS = ("half", "same", "valid")


class Layer(NamedTuple):
    """The geometry of one convolution."""

    kernel_size: int
    stride: int
    padding: str | int  # half, same, or a number


class Margin(NamedTuple):
    """Rows (or columns) added before and after, or cut off where a transposed convolution is meant."""

    before: int
    after: int


def conv_layers(
    kernel_size: int | Sequence[int], stride: int | Sequence[int], padding: Padding, count: int
) -> list[Layer]:
    """The geometry of each of `count` convolutions, from one value for all or a list of each."""
    kernels = _one_for_each("kernel_size", kernel_size, count)
    strides = _one_for_each("stride", stride, count)
    given = list(padding) if isinstance(padding, Sequence) and not isinstance(padding, str) else [padding] * count
    if len(given) != count:
        raise ValueError(f"padding={given}: expected one value, or one for each of the {count} convolutions")
    paddings = [_padding(value) for value in given]
    return [Layer(*each) for each in zip(kernels, strides, paddings, strict=True)]


def margin(layer: Layer, size: int) -> Margin:
    """The rows of zeros around `size` rows.

    half: (kernel_size - 1) // 2 on both sides (Dumoulin & Visin 2016, relationship 6). same: what makes
    ⌈size / stride⌉ rows of them, the odd one at the end, as TensorFlow pads.
    """
    if layer.padding == "same":
        total = max((-(-size // layer.stride) - 1) * layer.stride + layer.kernel_size - size, 0)
        return Margin(total // 2, total - total // 2)
    pad = (layer.kernel_size - 1) // 2 if layer.padding == "half" else int(layer.padding)
    return Margin(pad, pad)


def sizes_after(image_shape: Sequence[int], layers: Sequence[Layer]) -> list[Size]:
    """The size of the image and after each convolution: out = ⌊(in + before + after - kernel_size) / stride⌋ + 1."""
    _, height, width = image_shape
    largest = max((layer.kernel_size for layer in layers), default=1)
    if largest > min(height, width):
        raise ValueError(
            f"kernel_size={largest} is larger than the image, {height}x{width} pixels: choose a smaller kernel"
        )
    sizes = [(height, width)]
    for number, layer in enumerate(layers, start=1):
        height, width = ((n + sum(margin(layer, n)) - layer.kernel_size) // layer.stride + 1 for n in sizes[-1])
        if min(height, width) < 1:
            raise ValueError(
                f"convolution {number} of {len(layers)} gets {sizes[-1][0]}x{sizes[-1][1]} values, fewer than its "
                f"kernel_size={layer.kernel_size}: use fewer channels in the list, a smaller kernel or a smaller stride"
            )
        sizes.append((height, width))
    return sizes


def _one_for_each(name: str, value: int | Sequence[int], count: int) -> tuple[int, ...]:
    if isinstance(value, int):
        return (whole_number(name, value),) * count
    values = whole_numbers(name, value)
    if len(values) != count:
        raise ValueError(f"{name}={list(values)}: expected one number, or one for each of the {count} convolutions")
    return values


def _padding(value: object) -> str | int:
    if isinstance(value, str) and value in PADDINGS:
        return 0 if value == "valid" else value
    try:
        return whole_number("padding", value, at_least=0)
    except ValueError:
        raise ValueError(f"padding={value!r}: expected {', '.join(PADDINGS)}, or a whole number") from None
