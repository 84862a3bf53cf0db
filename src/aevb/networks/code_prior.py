"""The abstract base of priors of maps of codes."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class CodePrior(nn.Module, ABC):
    """p(k) = ∏ᵢ p(kᵢ | k_<i) over a map of codes k, row by row, as logits."""

    @abstractmethod
    def forward(self, codes: Tensor) -> Tensor:
        """Logits of each code given those before it.

        codes: int64 (B, h, w), from 0 to K - 1. Returns (B, K, h, w); those of a code depend on earlier codes alone.
        """
