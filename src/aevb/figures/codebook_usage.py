"""The use of each code of a codebook."""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.figures.canvas.sheet import set_title, sheet


def codebook_usage(indices: Tensor, num_codes: int) -> Figure:
    """How often each of `num_codes` codes is among the indices (any shape), the most frequent first.

    The perplexity exp(-∑ₖ pₖ log pₖ) of the frequencies p is the number of codes that would be as informative if they
    were used equally.
    """
    counts = torch.bincount(indices.flatten().cpu(), minlength=num_codes).sort(descending=True).values
    p = counts.double() / counts.sum()
    perplexity = torch.special.entr(p).sum().exp().item()
    figure = sheet(4.4, 2.8)
    axes = figure.subplots()
    axes.bar(range(1, num_codes + 1), p.tolist(), width=1.0 if num_codes > 100 else 0.8)
    axes.axhline(1 / num_codes, color="0.3", linestyle="--", linewidth=1, label="equal use")
    axes.legend(frameon=False)
    axes.set_xlim(0.5, num_codes + 0.5)
    axes.set_xlabel("code, by how often it is used")
    axes.set_ylabel("frequency")
    set_title(axes, f"{int((counts > 0).sum())} of {num_codes} codes used, perplexity {perplexity:.1f}")
    return figure
