"""The abstract base of networks whose weights may be of any precision."""

from abc import ABC
from typing import Any

from torch import Tensor, nn

from aevb.precision import at_least_single


class Network(nn.Module, ABC):
    """Maps one tensor to another: taken in the precision of its weights, and given in float32 or better.

    So what stands around it, distributions and losses, computes in float32 with any weights, and takes its samples of z
    and its images as they are.
    """

    def __call__(self, x: Tensor) -> Any:
        weight = next(self.parameters(), x)
        return at_least_single(super().__call__(x.to(weight.dtype)))
