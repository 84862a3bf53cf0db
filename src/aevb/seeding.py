"""Independent random streams, each a function of the run's seed and of what it is for."""

from zlib import crc32

import numpy as np
import torch


def seed_for(purpose: str, *keys: int) -> int:
    """A seed that depends on every argument and shares no stream with other arguments (numpy's SeedSequence)."""
    sequence = np.random.SeedSequence([crc32(purpose.encode()), *keys])
    return int(sequence.generate_state(1, np.uint64)[0] >> 1)


def generator_for(purpose: str, *keys: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator on `device`, seeded by `seed_for`."""
    return torch.Generator(device).manual_seed(seed_for(purpose, *keys))
