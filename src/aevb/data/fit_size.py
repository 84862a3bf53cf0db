"""Bringing images to another size."""

from torch import Tensor

BORDER = 4


def fit_size(images: Tensor, size: int) -> Tensor:
    """Square images with sides of `size` pixels: uint8 (N, C, H, W) -> uint8 (N, C, size, size).

    A black border of at most 4 pixels in all is added where that is enough (28 -> 32, which keeps every pixel as it
    is); any other change is a bilinear resize with antialiasing.
    """
    from torchvision.transforms.v2.functional import pad, resize  # torchvision takes a second to import

    height, width = images.shape[-2:]
    missing_rows, missing_columns = size - height, size - width
    if 0 <= missing_rows <= BORDER and 0 <= missing_columns <= BORDER:
        left, top = missing_columns // 2, missing_rows // 2
        padded: Tensor = pad(images, [left, top, missing_columns - left, missing_rows - top])
        return padded
    resized: Tensor = resize(images, [size, size], antialias=True)
    return resized
