"""Initial weights: how a model begins, in place of torch's own way."""

from abc import ABC, abstractmethod

from torch import nn

from aevb.checks import number_from

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


class InitialWeights(ABC):
    """Fills the parameters of a model in place, those that are trained, from torch's random numbers."""

    @abstractmethod
    def __call__(self, model: nn.Module) -> None:
        """Draw new values."""


class TorchDefault(InitialWeights):
    """Uniform on ±1/√fan_in for weights and biases of linear layers and convolutions: what torch has done already."""

    def __call__(self, model: nn.Module) -> None:
        pass


class NormalWeights(InitialWeights):
    """Every parameter from N(0, std²); Kingma & Welling 2014, section 5: std = 0.1."""

    def __init__(self, std: float = 0.1) -> None:
        self.std = number_from("init.std", std, 0, above=True)

    def __call__(self, model: nn.Module) -> None:
        for parameter in model.parameters():
            if parameter.requires_grad:
                nn.init.normal_(parameter, std=self.std)


class LayerWeights(InitialWeights):
    """Weights of linear layers and convolutions, with biases of zero; other parameters stay as they are."""

    def __call__(self, model: nn.Module) -> None:
        for layer in model.modules():
            if isinstance(layer, (nn.Linear, *CONVOLUTIONS, *TRANSPOSED)) and layer.weight.requires_grad:
                self.fill(layer)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    @abstractmethod
    def fill(self, layer: nn.Module) -> None:
        """Draw the weight of a linear layer or a convolution."""


class Glorot(LayerWeights):
    """Uniform on ±√(6 / (fan_in + fan_out)); Glorot & Bengio 2010, and the default of Keras."""

    def fill(self, layer: nn.Module) -> None:
        nn.init.xavier_uniform_(layer.weight)  # type: ignore[arg-type]


class Kaiming(LayerWeights):
    """N(0, 2 / ((1 + negative_slope²) fan_in)), for rectifiers; He, Zhang, Ren & Sun 2015.

    negative_slope: of a leaky rectifier; 0: none.
    """

    def __init__(self, negative_slope: float = 0.0) -> None:
        self.negative_slope = number_from("init.negative_slope", negative_slope, 0)

    def fill(self, layer: nn.Module) -> None:
        # torch takes the two sides of a transposed convolution's weight the other way round.
        mode = "fan_out" if isinstance(layer, TRANSPOSED) else "fan_in"
        nn.init.kaiming_normal_(layer.weight, self.negative_slope, mode, "leaky_relu")  # type: ignore[arg-type]
