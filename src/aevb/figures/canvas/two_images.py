"""The two images that a path leads from and to."""

from collections.abc import Sequence

from torch import Tensor


def two_images(y: Tensor, start: int, end: int, labels: Sequence[int] | None) -> tuple[int, int]:
    """The indices start and end, or, given two labels, those of the first image of each, among the labels y (N,)."""
    if labels is None:
        for name, index in (("start", start), ("end", end)):
            if index not in range(len(y)):
                raise ValueError(f"{name}={index}: expected the index of one of the images, 0 to {len(y) - 1}")
        return start, end
    known = y.unique().tolist()
    if not isinstance(labels, Sequence) or len(labels) != 2 or not set(labels) <= set(known):
        raise ValueError(f"labels={labels}: expected two of the labels of these images, {known}, such as {known[:2]}")
    first, last = ((y == label).nonzero()[0].item() for label in labels)
    return int(first), int(last)
