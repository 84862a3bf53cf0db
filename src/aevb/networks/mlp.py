"""Multi-layer perceptrons."""

from collections.abc import Sequence
from math import prod

from torch import Tensor, nn

from aevb.checks import whole_number, whole_numbers
from aevb.networks.activation import Activation
from aevb.networks.decoder import Decoder
from aevb.networks.encoder import Encoder
from aevb.networks.hidden_layers import hidden_layers


class MLPEncoder(Encoder):
    """Flatten, then one linear layer and activation for each hidden size.

    With no hidden sizes the features are the pixels themselves, so that the head that follows makes the whole
    encoder linear.

    Shapes: (B, C, H, W) -> (B, out_features).
    """

    def __init__(
        self, image_shape: Sequence[int], hidden_sizes: Sequence[int], activation: Activation = "relu"
    ) -> None:
        super().__init__()
        self.image_shape = whole_numbers("image_shape", image_shape)
        sizes = (prod(self.image_shape), *whole_numbers("hidden_sizes", hidden_sizes))
        self.hidden = hidden_layers(sizes, activation)
        self.out_features = sizes[-1]

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.hidden(x.flatten(1))
        return features


class MLPDecoder(Decoder):
    """One linear layer and activation for each hidden size, then a linear layer to the pixels.

    Shapes: (..., D) -> (..., *output_shape).

    >>> import torch
    >>> decoder = MLPDecoder(latent_dim=2, output_shape=(1, 28, 28), hidden_sizes=[512])
    >>> decoder(torch.zeros(5, 3, 2)).shape  # 5 samples of z for each of 3 images
    torch.Size([5, 3, 1, 28, 28])
    """

    def __init__(
        self,
        latent_dim: int,
        output_shape: Sequence[int],
        hidden_sizes: Sequence[int],
        activation: Activation = "relu",
    ) -> None:
        super().__init__()
        self.output_shape = whole_numbers("output_shape", output_shape)
        sizes = (whole_number("latent_dim", latent_dim), *whole_numbers("hidden_sizes", hidden_sizes))
        self.hidden = hidden_layers(sizes, activation)
        self.pixels = nn.Linear(sizes[-1], prod(self.output_shape))

    def forward(self, z: Tensor) -> Tensor:
        pixels: Tensor = self.pixels(self.hidden(z))
        return pixels.reshape(*z.shape[:-1], *self.output_shape)
