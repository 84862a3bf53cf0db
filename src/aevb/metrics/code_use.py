"""Count the codes in use."""

import torch
from torch import Tensor
from torch.special import entr

from aevb.metrics.exact_metric import ExactMetric
from aevb.precision import sum_dtype


class CodeUse(ExactMetric):
    """Counts the codes of an epoch, on all devices.

    perplexity = exp(-Σᵢ pᵢ log pᵢ) for the frequencies p of the codes: K if all are used alike, 1 if one is.
    usage: the share of the K codes used at least once.

    copies: n, of the model, each with K codes of its own.
    """

    counts: Tensor  # (n, K)

    def __init__(self, num_codes: int, copies: int = 1) -> None:
        super().__init__()
        self.add_state("counts", torch.zeros(copies, num_codes, dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, indices: Tensor) -> None:
        """Add codes: of any shape, or (n, ...) for n copies."""
        each = indices.reshape(len(self.counts), -1)
        self.counts.scatter_add_(1, each, torch.ones_like(each))

    def compute(self) -> dict[str, Tensor]:
        """Both, (n,) each."""
        counts = self.counts.to(sum_dtype(self.counts.device))
        frequencies = counts / counts.sum(1, keepdim=True)
        return {"perplexity": entr(frequencies).sum(1).exp(), "usage": (counts > 0).to(counts).mean(1)}
