"""The last activation of a decoder, where a loss or a likelihood leaves the choice, and the pixels that it reaches."""

from collections.abc import Callable

import torch
from torch import Tensor

from aevb.checks import one_of

OUTPUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda output: output,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


class OutputActivation:
    """The function from a decoder's output to an image: identity, sigmoid, on (0, 1), or tanh, on (-1, 1).

    Raises ValueError, calling it `name`, for any other choice.
    """

    def __init__(self, name: str, choice: str) -> None:
        self.choice = one_of(name, choice, OUTPUTS)
        self.function = OUTPUTS[choice]

    def __call__(self, output: Tensor) -> Tensor:
        return self.function(output)

    def check_range(self, low: float, high: float) -> None:
        """Raise ValueError where it does not reach all pixels from `low` to `high`."""
        if self.choice == "sigmoid":
            check_unit_interval("a sigmoid", low, high)
        elif self.choice == "tanh" and not -1 <= low < high <= 1:
            raise ValueError(f"pixels from {low:g} to {high:g}: a tanh reaches those in [-1, 1]; set data.range=[-1,1]")


def check_unit_interval(what: str, low: float, high: float) -> None:
    """Raise ValueError unless 0 <= low < high <= 1; `what` is made for these pixels alone."""
    if not 0 <= low < high <= 1:
        raise ValueError(f"pixels from {low:g} to {high:g}: {what} is for those in [0, 1]; set data.range=[0,1]")
