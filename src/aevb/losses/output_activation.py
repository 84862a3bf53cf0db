"""What a decoder's output stands for, where a loss leaves the choice."""

from collections.abc import Callable

import torch
from torch import Tensor

OUTPUTS: dict[str, Callable[[Tensor], Tensor]] = {"identity": lambda prediction: prediction, "sigmoid": torch.sigmoid}


def output_named(name: str) -> Callable[[Tensor], Tensor]:
    """The function from a decoder's output to an image: identity or sigmoid; ValueError for any other name."""
    if name not in OUTPUTS:
        raise ValueError(f"loss output={name!r}: expected one of {', '.join(OUTPUTS)}")
    return OUTPUTS[name]
