"""Pixels of all kinds as grey levels from 0 to 255."""

import logging

import numpy as np
from numpy.typing import NDArray

DARK = 8  # times darker than white: images of 12 bits in 16
KINDS = "uint8, uint16, booleans, or floats from 0 to 1"

log = logging.getLogger(__name__)


def grey_levels(pixels: NDArray[np.generic], white: float | None = None) -> NDArray[np.uint8]:
    """Pixels as uint8 of the same shape, rounded to the nearest of 256 levels.

    white: the number that becomes 255; None: 255 of uint8, 65,535 of uint16, 1 of floats and booleans.

    Raises ValueError for other kinds of numbers, for NaN, and for numbers below 0 or above `white`.
    """
    kind = pixels.dtype
    if kind == np.uint8 and white is None:
        return np.array(pixels, dtype=np.uint8)  # a copy: a file that is mapped into memory is read-only
    if not (kind in (np.uint8, np.uint16, np.bool_) or np.issubdtype(kind, np.floating)) and white is None:
        raise ValueError(f"pixels of {kind}: expected {KINDS}, or white=<the number that is white>")
    top = white if white is not None else {"uint8": 255, "uint16": 65535}.get(kind.name, 1.0)
    values = pixels.astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError(
            f"{(~np.isfinite(values)).sum():,} pixels are NaN or infinite: expected numbers from 0 to {top:g}"
        )
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    if low < 0 or high > top * (1 + 1e-6):
        raise ValueError(f"pixels from {low:g} to {high:g}: expected 0 to {top:g}, or white=<the number that is white>")
    if white is None and kind == np.uint16 and 0 < high < top / DARK:
        log.warning("The brightest pixel is %d of %d: white=%d makes it white.", high, top, high)
    return np.asarray(np.rint(values * (255 / top)).clip(0, 255), dtype=np.uint8)
