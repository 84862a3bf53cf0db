"""Bringing images to another size."""

from torch import Tensor

from aevb.checks import one_of

BORDER = 4
WAYS = ("auto", "crop", "pad", "resize")


def fit_size(images: Tensor, height: int, width: int, fit: str = "auto") -> Tensor:
    """Images of another size: uint8 (N, C, H, W) -> uint8 (N, C, height, width).

    fit: what to do about another size. crop resizes until the new size is covered and keeps the middle; pad resizes
        until the image fits in and puts it on black; resize stretches it. auto adds a black border of at most 4 pixels
        in all where that is enough (28 -> 32, which keeps every pixel as it is), resizes where the ratio of height to
        width stays, and raises ValueError elsewhere.

    A resize is bilinear with antialiasing.
    """
    one_of("fit", fit, WAYS)
    size = images.shape[-2], images.shape[-1]
    if size == (height, width):
        return images
    missing = height - size[0], width - size[1]
    if fit == "auto":
        if min(missing) >= 0 and max(missing) <= BORDER:
            return _padded(images, height, width)
        if not _same_ratio(size, (height, width)):
            raise ValueError(
                f"fit=auto: images of {size[0]}×{size[1]} pixels have another ratio of height to width than "
                f"{height}×{width}. Choose fit=crop, pad or resize (which stretches them), or height={size[0]} and "
                f"width={size[1]}"
            )
        return _resized(images, height, width)
    if fit == "resize":
        return _resized(images, height, width)
    factors = height / size[0], width / size[1]
    factor = max(factors) if fit == "crop" else min(factors)
    scaled = [max(1, round(factor * length)) for length in size]
    resized = _resized(images, *scaled) if scaled != [*size] else images
    if fit == "pad":
        return _padded(resized, height, width)
    top, left = (scaled[0] - height) // 2, (scaled[1] - width) // 2
    return resized[..., top : top + height, left : left + width].contiguous()


def _same_ratio(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a resize would move no edge by a pixel, as rounding may."""
    return abs(size[0] * other[1] / size[1] - other[0]) < 1 and abs(size[1] * other[0] / size[0] - other[1]) < 1


def _padded(images: Tensor, height: int, width: int) -> Tensor:
    from torchvision.transforms.v2.functional import pad  # torchvision takes a second to import

    rows, columns = height - images.shape[-2], width - images.shape[-1]
    left, top = columns // 2, rows // 2
    padded: Tensor = pad(images, [left, top, columns - left, rows - top])
    return padded


def _resized(images: Tensor, height: int, width: int) -> Tensor:
    from torchvision.transforms.v2.functional import resize

    resized: Tensor = resize(images, [height, width], antialias=True)
    return resized
