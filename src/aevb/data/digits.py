"""The digits that come with scikit-learn."""

import torch

from aevb.data.image_set import ImageSet


class Digits(ImageSet):
    """1,797 handwritten digits of 8×8 pixels.

    E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI. There is no official split of
    these images: the first 1,500 are for training and the last 297, by other writers, for testing. The 17 grey levels
    0 … 16 are scaled to 0 … 255.
    """

    targets: torch.Tensor

    def __init__(self, train: bool) -> None:
        from sklearn.datasets import load_digits  # scikit-learn takes a second to import

        bunch = load_digits()
        part = slice(None, 1500) if train else slice(1500, None)
        self.data = torch.from_numpy(bunch.images[part] * (255 / 16)).round().to(torch.uint8)  # (N, 8, 8)
        self.targets = torch.from_numpy(bunch.target[part])
