"""The weight of the KL term."""

import torch
from torch import Tensor, nn

from aevb.checks import number_from


class KLWeight(nn.Module):
    """β, the weight of the KL term, which may grow from 0 while training.

    beta: its full value. 1 gives a bound on log p(x) (Kingma & Welling 2014); others are the β-VAE's (Higgins et al.
        2017).
    warmup_epochs: β grows linearly from 0 over this many epochs (Bowman et al. 2016; Sønderby et al. 2016). 0: none.
    cycle_epochs: the warm-up begins again every this many epochs (Fu et al. 2019). 0: it happens once.

    In eval mode, and wherever nobody calls `at_epoch`, it is the full β, so that evaluations are comparable. While
    training it is a tensor that is filled in place, so that captured and compiled steps read it as it changes.

    >>> weight = KLWeight(beta=4.0, warmup_epochs=2)
    >>> weight.at_epoch(0.5)
    >>> float(weight())
    1.0
    >>> float(weight.eval()())
    4.0
    """

    now: Tensor  # (), float64

    def __init__(self, beta: float = 1.0, warmup_epochs: float = 0, cycle_epochs: float = 0) -> None:
        super().__init__()
        self.beta = number_from("beta", beta, 0)
        self.warmup_epochs = number_from("warmup_epochs", warmup_epochs, 0)
        self.cycle_epochs = number_from("cycle_epochs", cycle_epochs, 0)
        if 0 < cycle_epochs < warmup_epochs:
            raise ValueError(f"cycle_epochs={cycle_epochs}: expected at least warmup_epochs={warmup_epochs}, or 0")
        self.register_buffer("now", torch.tensor(float(beta), dtype=torch.float64), persistent=False)

    def forward(self) -> Tensor | float:
        return self.now if self.training and self.warmup_epochs else self.beta

    def at_epoch(self, epoch: float) -> None:
        """Set β for the epochs trained so far, fractions included."""
        if self.warmup_epochs:
            since = epoch % self.cycle_epochs if self.cycle_epochs else epoch
            self.now.fill_(self.beta * since / self.warmup_epochs if since < self.warmup_epochs else self.beta)
