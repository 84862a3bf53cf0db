"""The last activation, where a loss leaves the choice."""

from collections.abc import Callable

import torch
from torch import Tensor

from aevb.checks import one_of

OUTPUTS: dict[str, Callable[[Tensor], Tensor]] = {"identity": lambda prediction: prediction, "sigmoid": torch.sigmoid}


def output_activation(name: str) -> Callable[[Tensor], Tensor]:
    """The function from a decoder's output to an image: identity or sigmoid; ValueError for any other name."""
    return OUTPUTS[one_of("loss output", name, OUTPUTS)]
