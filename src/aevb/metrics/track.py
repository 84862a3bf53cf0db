"""Progress of long computations."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Track(Protocol):
    """Goes through a sequence, and may show how far it has come."""

    def __call__(self, sequence: Sequence[T]) -> Iterable[T]: ...


def untracked(sequence: Sequence[T]) -> Iterable[T]:
    """Nothing is shown."""
    return sequence
