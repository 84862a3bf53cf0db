"""The layers between two convolutions."""

from collections.abc import Callable, Sequence

from torch import nn

from aevb.checks import number_from
from aevb.networks.activation import Activation
from aevb.networks.activation import activation as activation_named

LAYERS = ("activation", "batch_norm", "dropout")


def conv_block(
    option: str, layers: Sequence[str], channels: int, activation: Activation, dropout: float
) -> list[nn.Module]:
    """The named layers in the order given, for maps with the given number of channels.

    layers: from activation, batch_norm and dropout, such as [batch_norm, activation].
    dropout: the probability of dropout.

    Raises ValueError, calling the list `option`, for any other name or probability.
    """
    if isinstance(layers, str) or not set(layers) <= set(LAYERS):
        raise ValueError(f"{option}={layers}: expected a list of {', '.join(LAYERS)}")
    if number_from("dropout", dropout, 0) >= 1:
        raise ValueError(f"dropout={dropout}: expected a probability below 1")
    made: dict[str, Callable[[], nn.Module]] = {
        "activation": lambda: activation_named(activation),
        "batch_norm": lambda: nn.BatchNorm2d(channels),
        "dropout": lambda: nn.Dropout(dropout),
    }
    return [made[name]() for name in layers]
