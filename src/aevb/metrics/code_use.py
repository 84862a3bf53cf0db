"""Count the codes in use."""

import torch
from torch import Tensor
from torch.special import entr
from torchmetrics import Metric


class CodeUse(Metric):
    """Counts the codes of an epoch, on all devices.

    perplexity = exp(-Σᵢ pᵢ log pᵢ) for the frequencies p of the codes: K if all are used alike, 1 if one is.
    usage: the share of the K codes used at least once.
    """

    full_state_update = False
    counts: Tensor  # (K,)

    def __init__(self, num_codes: int) -> None:
        super().__init__()
        self.add_state("counts", torch.zeros(num_codes, dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, indices: Tensor) -> None:
        """Add codes, of any shape."""
        self.counts.index_add_(0, indices.flatten(), torch.ones_like(indices.flatten()))

    def compute(self) -> dict[str, Tensor]:
        frequencies = self.counts / self.counts.sum()
        return {"perplexity": entr(frequencies).sum().exp(), "usage": (self.counts > 0).float().mean()}
