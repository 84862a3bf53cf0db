"""Points of the latent space that a user chooses."""

from collections.abc import Sequence

import torch
from torch import Tensor


def chosen_points(points: Sequence[Sequence[float]], latent_dim: int) -> Tensor:
    """The points as a tensor (P, latent_dim), (0, latent_dim) for none; ValueError for one of other dimensions."""
    for point in points if isinstance(points, Sequence) else [points]:
        numbers = isinstance(point, Sequence) and all(isinstance(value, int | float) for value in point)
        if not numbers or len(point) != latent_dim:
            raise ValueError(
                f"{point} is no point: this model has {latent_dim} latent dimensions, so a list of points is "
                f"[{[0.5] * latent_dim}], say"
            )
    return torch.tensor(points, dtype=torch.float32).reshape(-1, latent_dim)
