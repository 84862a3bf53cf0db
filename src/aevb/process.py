"""Settings of the whole process that make PyTorch faster."""

import ctypes
import gc
import os
import sys

import torch
from torch.distributions import Distribution

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of <malloc.h>
MIB = 2**20


def tune_process() -> None:
    """Three settings, none of which changes a number.

    glibc keeps up to 256 MiB of freed memory, in blocks of up to 32 MiB, for the next allocations. By default it hands
    large blocks back to the kernel, which clears them, page by page, when the next step asks for the same memory again
    (mallopt(3)). Nothing is done where there is no glibc.

    Where torch finds no GPU it is told that there is none (CUDA_VISIBLE_DEVICES): a build with CUDA looks for a driver
    on the disk before every optimiser step otherwise.

    Python looks for cycles among its objects after 20,000 new ones, not 700: a step makes hundreds, and no cycles.
    """
    gc.set_threshold(20_000, 10, 10)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 32 * MIB)
        mallopt(M_TRIM_THRESHOLD, 256 * MIB)
    if not torch.cuda.is_available():
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def skip_distribution_checks() -> None:
    """Leave the arguments of distributions unchecked: a check makes a GPU wait, and divergence is noticed anyway."""
    Distribution.set_default_validate_args(False)
