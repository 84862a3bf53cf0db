"""Streams of random numbers side by side."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor


class NoiseStreams:
    """n streams of torch's random numbers on the CPU, each what `torch.manual_seed` alone would have begun.

    states: where each is, as of torch.get_rng_state; none until they are seeded, and then all draw from the one stream
    that there is.

    >>> streams = NoiseStreams()
    >>> streams.seed([5, 7])
    >>> both = [torch.rand(2) for _ in streams.in_turn(2)]
    >>> torch.manual_seed(7) and torch.equal(both[1], torch.rand(2))
    True
    """

    def __init__(self) -> None:
        self.states: list[Tensor] = []

    def seed(self, seeds: Sequence[int]) -> None:
        """Begin each stream anew."""
        self.states = [torch.Generator().manual_seed(seed).get_state() for seed in seeds]

    def in_turn(self, n: int) -> Iterator[int]:
        """0, …, n - 1; while i is served, random numbers come from stream i. Then torch's own stream is as before."""
        if not self.states:
            yield from range(n)
            return
        own = torch.get_rng_state()
        try:
            for i in range(n):
                torch.set_rng_state(self.states[i])
                yield i
                self.states[i] = torch.get_rng_state()
        finally:
            torch.set_rng_state(own)
