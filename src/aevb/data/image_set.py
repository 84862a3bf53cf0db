"""The abstract base of the project's own data sets."""

from abc import ABC, abstractmethod

from torch import Tensor


class ImageSet(ABC):
    """Images and labels of one split, with the attributes of torchvision's MNIST.

    data: uint8, grey levels from 0 to 255, (N, H, W), (N, C, H, W) or (N, H, W, C), with C = 1, 3, or 4 with opacity.
    targets: int64 (N,).
    """

    data: Tensor
    targets: Tensor

    @abstractmethod
    def __init__(self, train: bool) -> None:
        """The training images, or the test images."""
