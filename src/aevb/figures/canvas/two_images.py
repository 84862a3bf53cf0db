"""The two images that a path leads from and to."""

from collections.abc import Sequence

from torch import Tensor

from aevb.figures.canvas.image_index import image_index


def two_images(y: Tensor, start: int, end: int, labels: Sequence[int] | None) -> tuple[int, int]:
    """The indices start and end, or, given two labels, those of the first image of each, among the labels y (N,)."""
    if labels is None:
        return image_index("start", start, len(y)), image_index("end", end, len(y))
    known = y.unique().tolist()
    if not isinstance(labels, Sequence) or len(labels) != 2 or not set(labels) <= set(known):
        raise ValueError(f"labels={labels}: expected two of the labels of these images, {known}, such as {known[:2]}")
    first, last = ((y == label).nonzero()[0].item() for label in labels)
    return int(first), int(last)
