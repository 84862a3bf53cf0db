"""Many images as one."""

import numpy as np
from torch import Tensor

GAP = 0.6  # grey of the lines between images


def mosaic(images: Tensor, columns: int, padding: int = 1) -> np.ndarray:
    """Images (N, C, H, W) side by side in rows of `columns`, as matplotlib shows them: (H', W', 3) in [0, 1]."""
    from torchvision.utils import make_grid  # torchvision takes a second to import

    grid = make_grid(images.detach().float().cpu().clamp(0, 1), nrow=columns, padding=padding, pad_value=GAP)
    picture: np.ndarray = grid.permute(1, 2, 0).numpy()
    return picture
