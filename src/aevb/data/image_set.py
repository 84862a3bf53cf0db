"""The abstract base of the project's own data sets."""

from abc import ABC, abstractmethod

from torch import Tensor


class ImageSet(ABC):
    """Images and labels of one split, with the attributes of torchvision's MNIST.

    data: uint8, grey levels from 0 to 255, (N, H, W), (N, C, H, W) or (N, H, W, C), with C = 1, 3, or 4 with opacity.
    targets: whole numbers (N,), or None where there are no labels.

    A set without test images of its own has none for train=False; ImageData then sets some of the others apart.
    """

    data: Tensor
    targets: Tensor | None

    @abstractmethod
    def __init__(self, train: bool) -> None:
        """The training images, or the test images."""
