"""The hidden layers of a perceptron."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from aevb.networks.activation import Activation
from aevb.networks.activation import activation as activation_named


def hidden_layers(sizes: Sequence[int], activation: Activation) -> nn.Sequential:
    """Linear layers between consecutive `sizes`, each followed by the activation; none for a single size."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), activation_named(activation)]
    return nn.Sequential(*layers)
