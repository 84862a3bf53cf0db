"""Paddings, kernels and final layers of convolutional networks."""

from functools import partial
from typing import Any, cast

import pytest
import torch
from torch import nn

from aevb.networks import ConvDecoder, ConvEncoder
from aevb.networks.conv_sizes import Layer, margin
from aevb.networks.transposed_convolutions import TransposedConvolutions

PLAIN: dict[str, Any] = {"activation": "identity", "block": [], "dropout": 0.0}


@pytest.mark.parametrize("size", [5, 8, 13, 28])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_same_keeps_one_row_in_each_stride(size: int, kernel: int, stride: int) -> None:
    encoder = ConvEncoder((1, size, size + 1), [3], kernel, stride, "same")
    assert encoder.map_shape == (3, -(-size // stride), -(-(size + 1) // stride))
    assert encoder(torch.rand(2, 1, size, size + 1)).shape == (2, encoder.out_features)
    before, after = margin(Layer(kernel, stride, "same"), size)
    assert after - before in (0, 1)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_transposed_same_is_the_adjoint_of_same(kernel: int, stride: int) -> None:
    """⟨conv(x), y⟩ = ⟨x, conv-transpose(y)⟩ for one weight and no biases, the definition of Keras's Conv2DTranspose."""
    n = 6 * stride
    down = ConvEncoder((2, n, n), [3], kernel, stride, "same", **PLAIN).double()
    up = TransposedConvolutions((2, n, n), [3], kernel, stride, padding="same", **PLAIN).double()
    conv, transposed = (
        next(layer for layer in layers if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d))
        for layers in (down.convolutions, up)
    )
    assert conv.bias is not None
    assert transposed.bias is not None
    with torch.no_grad():
        transposed.weight.copy_(conv.weight)
        conv.bias.zero_()
        transposed.bias.zero_()
    x, y = torch.randn(1, 2, n, n, dtype=torch.float64), torch.randn(1, 3, 6, 6, dtype=torch.float64)
    torch.testing.assert_close((down.convolutions(x) * y).sum(), (x * up(y)).sum())


def test_valid_and_numbers_and_lists_of_them() -> None:
    assert ConvEncoder((1, 28, 28), [4, 4], 3, 2, "valid").map_shape == (4, 6, 6)
    assert ConvEncoder((1, 28, 28), [4, 4], 3, 2, 1).map_shape == (4, 7, 7)
    assert ConvEncoder((1, 28, 28), [4, 4], [5, 3], [2, 1], ["same", "valid"]).map_shape == (4, 12, 12)
    assert ConvEncoder((1, 28, 28), [4], 3, 2, 0).map_shape == ConvEncoder((1, 28, 28), [4], 3, 2, "valid").map_shape


@pytest.mark.parametrize("size", [8, 13, 28, 32])
@pytest.mark.parametrize("padding", [0, "valid", "same", [0, "same"]])
def test_a_final_convolution_that_fits_ends_at_any_size_below(size: int, padding: Any) -> None:
    decoder = ConvDecoder(2, (3, size, size), [4, 5, 6], padding=padding, final_kernel_size="fit")
    last = decoder.convolutions[-1]
    assert isinstance(last, nn.Conv2d)
    assert decoder(torch.randn(2, 5, 2)).shape == (2, 5, 3, size, size)


def test_a_final_convolution_of_a_given_kernel() -> None:
    decoder = ConvDecoder(2, (1, 28, 28), [4, 5], padding="half", final_kernel_size=5, final_padding=2)
    assert [type(layer).__name__ for layer in decoder.convolutions] == ["ReLU", "ConvTranspose2d", "ReLU", "Conv2d"]
    assert decoder(torch.randn(3, 2)).shape == (3, 1, 28, 28)


def test_the_block_after_the_dense_layer_can_differ() -> None:
    def names(**options: Any) -> list[str]:
        decoder = ConvDecoder(2, (1, 8, 8), [4, 5], block=["batch_norm", "activation"], **options)
        return [type(layer).__name__ for layer in decoder.convolutions]

    block = ["BatchNorm2d", "ReLU", "ConvTranspose2d"]
    assert names() == [*block, *block]
    assert names(map_block=[]) == ["ConvTranspose2d", *block]
    assert names(map_block=["activation"]) == ["ReLU", "ConvTranspose2d", *block]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (partial(ConvEncoder, (1, 8, 8), [4], padding="full"), "padding='full': expected half, same, valid, or a"),
        (partial(ConvEncoder, (1, 8, 8), [4], padding=cast(Any, None)), "padding=None: expected"),
        (partial(ConvEncoder, (1, 8, 8), [4], padding=-1), "padding=-1: expected"),
        (partial(ConvEncoder, (1, 8, 8), [4], padding=[1, 1]), r"padding=\[1, 1\]: expected one value, or one for"),
        (partial(ConvEncoder, (1, 8, 8), [4], [3, 3]), r"kernel_size=\[3, 3\]: expected one number, or one for each"),
        (partial(ConvEncoder, (1, 8, 8), [4], activation={"name": "leaky_relu", "slope": 1}), "LeakyReLU does not"),
        (partial(ConvEncoder, (1, 8, 8), [4], activation={"slope": 1}), "expected one of"),
        (partial(ConvEncoder, (1, 8, 8), [4], activation={"name": "elu", "alpha": "big"}), "activation.alpha='big'"),
        (partial(ConvDecoder, 2, (1, 28, 28), [4, 4], padding=0), "lead from 7x7 to 31x31, and the images have 28x28"),
        (partial(ConvDecoder, 2, (1, 30, 30), [4, 4], padding="same"), "to 32x32, and the images have 30x30"),
        (partial(ConvDecoder, 2, (1, 8, 8), [4, 4], padding=["half", 0]), "half mirrors all layers"),
        (partial(ConvDecoder, 2, (1, 8, 8), [4], output_padding=1), "output_padding=1 needs a number as padding"),
        (partial(ConvDecoder, 2, (1, 8, 8), [4], padding=1, output_padding=2), "expected less than stride=2"),
        (partial(ConvDecoder, 2, (1, 8, 8), [4], padding=9), "padding=9 leaves nothing of a map of 4x4"),
        (partial(ConvDecoder, 2, (1, 8, 8), [4], final_padding=1), "belongs to a convolution of final_kernel_size"),
        (partial(ConvDecoder, 2, (1, 8, 8), [], final_kernel_size=3), "final_kernel_size needs channels"),
        (partial(ConvDecoder, 2, (1, 8, 8), [4], final_kernel_size="fat"), "final_kernel_size='fat'"),
        (partial(ConvDecoder, 2, (1, 8, 8), [4, 4], padding=2, final_kernel_size="fit"), "less than the images' 8x8"),
        (
            partial(ConvDecoder, 2, (1, 8, 8), [4], final_kernel_size="fit", final_padding=1),
            "chooses the padding itself",
        ),
    ],
)
def test_what_does_not_fit_is_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
