"""How far codes are from each other."""

import numpy as np

from aevb.errors import NotApplicable

ROUNDING = 16 * np.finfo(np.float32).eps


def spread_of(codes: np.ndarray) -> float:
    """The largest range of a dimension of the codes (N, D), float64; 0 where they are the same but for rounding.

    So are those of a collapsed model, or of equal images: they have no principal components, and neighbours among them
    are chance. Raises NotApplicable for codes that are not finite.
    """
    if not np.isfinite(codes).all():
        raise NotApplicable("some codes are NaN or infinite: has the training diverged?")
    spread = float(np.ptp(codes, axis=0).max())
    return spread if spread > ROUNDING * np.abs(codes).max() else 0.0
