"""Ways from one code to another."""

from math import pi

import torch
from torch import Tensor

PATHS = ("linear", "spherical")


def latent_path(start: Tensor, end: Tensor, t: Tensor, path: str) -> Tensor:
    """The codes at times t (n,), from 0 at `start` (D,) to 1 at `end` (D,): (n, D).

    linear: (1 - t)·start + t·end.
    spherical: sin((1 - t)ω)/sin ω·start + sin(tω)/sin ω·end with the angle ω between them, which keeps the norm of
        codes of equal norm (Shoemake 1985). The straight line where no one great circle joins them: between opposite
        codes, and from or to 0. For codes in the same direction the two are the same.
    """
    if path not in PATHS:
        raise ValueError(f"path={path!r}: expected one of {', '.join(PATHS)}")
    t = t.to(start)[:, None]
    norms = start.norm() * end.norm()
    if path == "spherical" and norms > 0:
        angle = torch.acos((start @ end / norms).clamp(-1, 1))
        if 1e-3 < angle < pi - 1e-3:
            return (torch.sin((1 - t) * angle) * start + torch.sin(t * angle) * end) / torch.sin(angle)
    return (1 - t) * start + t * end
