"""Every network fits every image shape."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest
import torch
from torch import nn

from aevb.networks import ConvDecoder, ConvEncoder, Encoder, MLPDecoder, MLPEncoder
from aevb.networks.activation import activation

SHAPES = [(1, 8, 8), (3, 8, 8), (1, 28, 28), (3, 32, 32), (1, 64, 64), (3, 64, 64), (1, 7, 9), (3, 29, 31), (2, 13, 30)]
ENCODERS: list[Callable[..., Encoder]] = [
    partial(MLPEncoder, hidden_sizes=[]),
    partial(MLPEncoder, hidden_sizes=[20, 10], activation="tanh"),
    *(partial(ConvEncoder, channels=[4, 6], kernel_size=k, stride=s) for k in (1, 2, 3, 4, 5) for s in (1, 2, 3)),
    partial(ConvEncoder, channels=[2, 3, 4, 5]),
    partial(ConvEncoder, channels=[]),
]
DECODERS: list[Callable[..., nn.Module]] = [
    partial(MLPDecoder, hidden_sizes=[]),
    partial(MLPDecoder, hidden_sizes=[10, 20], activation="tanh"),
    *(partial(ConvDecoder, channels=[4, 6], kernel_size=k, stride=s) for k in (1, 2, 3, 4, 5) for s in (1, 2, 3)),
    partial(ConvDecoder, channels=[2, 3, 4, 5], hidden_sizes=[7]),
    partial(ConvDecoder, channels=[]),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("make", ENCODERS, ids=str)
def test_encoders_give_the_features_they_announce(make: Callable[..., Encoder], shape: tuple[int, ...]) -> None:
    encoder = make(shape)
    assert encoder(torch.rand(2, *shape)).shape == (2, encoder.out_features)
    assert encoder.image_shape == shape


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("make", DECODERS, ids=str)
def test_decoders_end_exactly_at_the_size_and_keep_leading_dimensions(
    make: Callable[..., nn.Module], shape: tuple[int, ...]
) -> None:
    decoder = make(3, shape)
    z = torch.randn(4, 2, 3)
    assert decoder(z).shape == (4, 2, *shape)
    assert torch.allclose(decoder(z)[1], decoder(z[1]), atol=1e-5)
    assert decoder(z[0, 0]).shape == shape


def test_lists_of_the_caller_stay_as_they_were() -> None:
    channels = [4, 6]
    ConvEncoder((1, 8, 8), channels)
    ConvDecoder(2, (1, 8, 8), channels)
    assert channels == [4, 6]


def test_without_hidden_layers_the_networks_are_linear() -> None:
    encoder, decoder = MLPEncoder((1, 3, 3), []), MLPDecoder(2, (1, 3, 3), [])
    x, z = torch.rand(2, 1, 3, 3), torch.randn(2, 2)
    assert torch.equal(encoder(x), x.flatten(1))
    assert torch.allclose(decoder((z[0] + z[1]) / 2), (decoder(z[0]) + decoder(z[1])) / 2, atol=1e-6)


@pytest.mark.parametrize("name", ["relu", "tanh", "LeakyReLU", "leaky_relu", "GELU", "softplus", "identity"])
def test_activations_by_name(name: str) -> None:
    x = torch.randn(5)
    assert activation(name)(x).shape == x.shape


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (partial(MLPEncoder, (1, 8, 8), hidden_sizes=cast(Any, 512)), r"hidden_sizes=512: expected a list"),
        (partial(MLPEncoder, (1, 8, 8), [0]), r"hidden_sizes\[0\]=0"),
        (partial(MLPEncoder, (1, 8, 8), [4], activation="rleu"), "rleu.*relu"),
        (partial(MLPDecoder, 0, (1, 8, 8), [4]), "latent_dim=0"),
        (partial(ConvEncoder, (1, 8, 8), [4], kernel_size=9), "kernel_size=9 is larger than the image, 8x8"),
        (partial(ConvEncoder, (1, 8, 8), [4], kernel_size=0), "kernel_size=0"),
        (partial(ConvEncoder, (1, 8, 8), [4], stride=-1), "stride=-1"),
        (partial(ConvEncoder, (1, 8, 8), [4, -4]), r"channels\[1\]=-4"),
        (partial(ConvDecoder, 2, (1, 8, 8), [4] * 4, kernel_size=4), "convolution 4 of 4 gets 1x1"),
    ],
)
def test_impossible_shapes_are_named(make: Callable[..., Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
