"""The networks of the five sources, written down a second time, layer by layer, from shared/sources and nothing else.

Each is a pair of functions over a list of weights, which are taken in the order in which a reader meets them. Where a
source has two heads, their weights come one above the other.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

Weights = Iterator[Tensor]


class Source(NamedTuple):
    """encode: images (B, 1, 28, 28) -> code, or (μ, s). decode: codes (B, D) -> images in the source's own range."""

    encode: Callable[[Tensor, Weights], Tensor]
    decode: Callable[[Tensor, Weights], Tensor]


def dense(x: Tensor, w: Weights) -> Tensor:
    return F.linear(x, next(w), next(w))


def batch_norm(x: Tensor, w: Weights) -> Tensor:
    """With the moments of this batch."""
    return F.batch_norm(x, None, None, next(w), next(w), training=True)


def conv_keras(x: Tensor, w: Weights, stride: int, padding: str) -> Tensor:
    """Conv2D; same: ⌈n / stride⌉ rows, with the odd row of zeros below and to the right."""
    weight, bias = next(w), next(w)
    kernel, n = weight.shape[-1], x.shape[-1]
    if padding == "same":
        zeros = max((-(-n // stride) - 1) * stride + kernel - n, 0)
        x = F.pad(x, (zeros // 2, zeros - zeros // 2) * 2)
    return F.conv2d(x, weight, bias, stride)


def conv_transpose_keras(x: Tensor, w: Weights, stride: int) -> Tensor:
    """Conv2DTranspose, same: the whole output, cropped to n·stride rows, the odd one below and to the right."""
    weight, bias = next(w), next(w)
    whole, wanted = F.conv_transpose2d(x, weight, bias, stride), x.shape[-1] * stride
    start = (whole.shape[-1] - wanted) // 2
    return whole[..., start : start + wanted, start : start + wanted]


# 002, linear autoencoder
linear = Source(lambda x, w: dense(x.flatten(1), w), lambda z, w: dense(z, w).reshape(-1, 1, 28, 28))


# 000, autoencoder and VAE
def shallow_encode(x: Tensor, w: Weights) -> Tensor:
    return dense(F.relu(dense(x.flatten(1), w)), w)


def shallow_decode(z: Tensor, w: Weights) -> Tensor:
    return torch.sigmoid(dense(F.relu(dense(z, w)), w)).reshape(-1, 1, 28, 28)


shallow = Source(shallow_encode, shallow_decode)


# 000, deep VAE
def deep(image_size: int) -> Source:
    layers = 5 if image_size == 64 else 4

    def encode(x: Tensor, w: Weights) -> Tensor:
        for _ in range(layers):
            x = F.leaky_relu(batch_norm(F.conv2d(x, next(w), next(w), stride=2, padding=1), w))
        return dense(x.flatten(1), w)

    def decode(z: Tensor, w: Weights) -> Tensor:
        x = dense(z, w).view(-1, 512, 2, 2)
        for _ in range(layers):  # 512 to the first channel count, and once more at that count
            x = F.conv_transpose2d(x, next(w), next(w), stride=2, padding=1, output_padding=1)
            x = F.leaky_relu(batch_norm(x, w))
        return torch.sigmoid(F.conv2d(x, next(w), next(w), padding=0 if image_size == 28 else 1))

    return Source(encode, decode)


# 001, Keras
def keras(blocks: tuple[str, str], strides: tuple[int, ...], last: Callable[[Tensor], Tensor]) -> Source:
    """blocks: of encoder and decoder; "a" is LeakyReLU, "b" is BatchNormalization. strides: of the decoder."""

    def after(x: Tensor, w: Weights, block: str) -> Tensor:
        for layer in block:
            x = F.leaky_relu(x, 0.3) if layer == "a" else batch_norm(x, w)
        return x

    def encode(x: Tensor, w: Weights) -> Tensor:
        for stride in (1, 2, 2, 1):
            x = after(conv_keras(x, w, stride, "same"), w, blocks[0])
        return dense(x.flatten(1), w)

    def decode(z: Tensor, w: Weights) -> Tensor:
        x = dense(z, w).reshape(-1, 64, 7, 7)
        for stride in strides[:-1]:
            x = after(conv_transpose_keras(x, w, stride), w, blocks[1])
        return last(conv_transpose_keras(x, w, strides[-1]))

    return Source(encode, decode)


# 003, CVAE
def cvae_encode(x: Tensor, w: Weights) -> Tensor:
    for _ in range(2):
        x = F.relu(conv_keras(x, w, 2, "valid"))
    return dense(x.flatten(1), w)


def cvae_decode(z: Tensor, w: Weights) -> Tensor:
    x = F.relu(dense(z, w)).reshape(-1, 32, 7, 7)
    x = F.relu(conv_transpose_keras(x, w, 2))
    x = F.relu(conv_transpose_keras(x, w, 2))
    return torch.sigmoid(conv_transpose_keras(x, w, 1))


cvae = Source(cvae_encode, cvae_decode)


# 004, ConvVAE
def conv_vae_encode(x: Tensor, w: Weights) -> Tensor:
    for _ in range(2):
        x = F.relu(F.conv2d(x, next(w), next(w), stride=2, padding=1))
    return dense(x.flatten(1), w)


def conv_vae_decode(z: Tensor, w: Weights) -> Tensor:
    x = F.relu(dense(z, w)).unflatten(1, (64, 7, 7))
    x = F.relu(F.conv_transpose2d(x, next(w), next(w), stride=2))
    x = F.relu(F.conv_transpose2d(x, next(w), next(w), stride=2))
    return torch.sigmoid(F.conv2d(x, next(w), next(w)))  # 31 -> 28 with a kernel of 4


conv_vae = Source(conv_vae_encode, conv_vae_decode)
