"""Initial weights: how a model begins, in place of torch's own way."""

from abc import ABC, abstractmethod
from typing import Literal

from torch import Tensor, nn

from aevb.checks import number_from

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


class InitialWeights(ABC):
    """Fills weights and biases of a model's linear layers and convolutions in place, from torch's random numbers.

    Other parameters, such as those of batch normalisation, and layers that are not trained stay as they are.
    """

    def __call__(self, model: nn.Module) -> None:
        for layer in model.modules():
            if isinstance(layer, (nn.Linear, *CONVOLUTIONS, *TRANSPOSED)) and layer.weight.requires_grad:
                self.fill(layer, layer.weight, layer.bias)

    @abstractmethod
    def fill(self, layer: nn.Module, weight: Tensor, bias: Tensor | None) -> None:
        """Draw new values for one layer."""


class TorchDefault(InitialWeights):
    """Uniform on ±1/√fan_in: what torch has done already."""

    def fill(self, layer: nn.Module, weight: Tensor, bias: Tensor | None) -> None:
        pass


class NormalWeights(InitialWeights):
    """Weights and biases from N(0, std²); Kingma & Welling 2014, section 5: std = 0.1."""

    def __init__(self, std: float = 0.1) -> None:
        self.std = number_from("init.std", std, 0, above=True)

    def fill(self, layer: nn.Module, weight: Tensor, bias: Tensor | None) -> None:
        nn.init.normal_(weight, std=self.std)
        if bias is not None:
            nn.init.normal_(bias, std=self.std)


class Glorot(InitialWeights):
    """Uniform on ±√(6 / (fan_in + fan_out)), biases 0; Glorot & Bengio 2010, and the default of Keras."""

    def fill(self, layer: nn.Module, weight: Tensor, bias: Tensor | None) -> None:
        nn.init.xavier_uniform_(weight)
        if bias is not None:
            nn.init.zeros_(bias)


class Kaiming(InitialWeights):
    """N(0, 2 / ((1 + negative_slope²) fan_in)), biases 0, for rectifiers; He, Zhang, Ren & Sun 2015.

    negative_slope: of a leaky rectifier; 0: none.
    """

    def __init__(self, negative_slope: float = 0.0) -> None:
        self.negative_slope = number_from("init.negative_slope", negative_slope, 0)

    def fill(self, layer: nn.Module, weight: Tensor, bias: Tensor | None) -> None:
        # torch takes the two sides of a transposed convolution's weight the other way round.
        mode: Literal["fan_in", "fan_out"] = "fan_out" if isinstance(layer, TRANSPOSED) else "fan_in"
        nn.init.kaiming_normal_(weight, self.negative_slope, mode, "leaky_relu")
        if bias is not None:
            nn.init.zeros_(bias)
