"""The abstract base of the project's own data sets."""

from abc import ABC, abstractmethod

from torch import Tensor


class ImageSet(ABC):
    """Images and labels of one split, with the attributes of torchvision's MNIST.

    data: uint8, grey levels from 0 to 255, (N, H, W), (N, H, W, 1 or 3) or (N, C, H, W), with H = W.
    targets: int64 (N,).
    """

    data: Tensor
    targets: Tensor

    @abstractmethod
    def __init__(self, train: bool) -> None:
        """The training images, or the test images."""
