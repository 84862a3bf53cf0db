"""The abstract base of priors."""

from abc import ABC, abstractmethod

from torch import nn
from torch.distributions import Distribution


class Prior(nn.Module, ABC):
    """p(z), with event shape (D,) and no batch shape; its parameters, if any, are learned with the model's."""

    @abstractmethod
    def forward(self) -> Distribution:
        """p(z)."""
