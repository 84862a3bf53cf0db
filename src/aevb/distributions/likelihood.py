"""The abstract base of likelihoods."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor, nn
from torch.distributions import Distribution


class Likelihood(nn.Module, ABC):
    """p(x|z) from a decoder's output, whose shape the likelihood decides."""

    def check_range(self, low: float, high: float) -> None:
        """Raise ValueError where images with pixels from `low` to `high` are not what this likelihood is for."""

    @abstractmethod
    def parameter_shape(self, image_shape: Sequence[int]) -> tuple[int, ...]:
        """The decoder's output for images of this shape, (C, H, W)."""

    @abstractmethod
    def forward(self, output: Tensor) -> Distribution:
        """p(x|z): (..., *parameter_shape) -> batch shape (...), event shape (C, H, W)."""
