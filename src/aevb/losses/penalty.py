"""The abstract base of penalties on the code of a plain autoencoder."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor, nn


class Penalty(nn.Module, ABC):
    """What an autoencoder's loss has beside the reconstruction: something that the code z costs, weight included.

    unit: what the penalty is measured in.
    """

    unit: str

    @abstractmethod
    def forward(self, encode: Callable[[Tensor], Tensor], x: Tensor, z: Tensor) -> Tensor:
        """The penalty of each image, (B,).

        encode: (B, C, H, W) -> (B, D), where the code of an image depends on no other image.
        x: what was encoded, (B, C, H, W). z: the codes that the decoder gets, (B, D).
        """
