"""What every likelihood has."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor, nn
from torch.distributions import Distribution


class Likelihood(nn.Module, ABC):
    """Makes p(x|z) of a decoder's output, and says which shape of output it needs."""

    @abstractmethod
    def parameter_shape(self, image_shape: Sequence[int]) -> tuple[int, ...]:
        """The decoder's output for images of this shape, (C, H, W)."""

    @abstractmethod
    def forward(self, output: Tensor) -> Distribution:
        """p(x|z): (..., *parameter_shape) -> batch shape (...), event shape (C, H, W)."""
