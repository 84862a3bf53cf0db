"""The Fisher-Snedecor distribution, exact for many degrees of freedom."""

from math import inf, log, pi

import torch
from torch import Tensor
from torch.distributions import FisherSnedecor as TorchFisherSnedecor

from aevb.distributions.families.stirling import stirling_remainder


class FisherSnedecor(TorchFisherSnedecor):
    """z = (χ²₁ / df1) / (χ²₂ / df2) > 0, with χ²ᵢ ~ Chi2(dfᵢ): torch's, with a log density of few rounding errors.

    With a = df1 / 2, b = df2 / 2, n = a + b and the remainder s of Stirling's formula,
    log p(z) = ½ log(ab / 2πn) + s(n) - s(a) - s(b) - log z + a log z - n log(1 + (z - 1) a/n).
    The last two terms are those of b and 1/z as well, which are taken where b is smaller.
    """

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        outside = value <= 0
        value = value.masked_fill(outside, 1.0)
        a, b = self.df1 / 2, self.df2 / 2
        n, smaller = a + b, torch.minimum(a, b)
        constant = (smaller.log() + (torch.maximum(a, b) / n).log() - log(2 * pi)) / 2
        remainders = stirling_remainder(n) - stirling_remainder(a) - stirling_remainder(b)
        z = torch.where(a <= b, value, value.reciprocal())
        log_kernel = smaller * z.log() - n * torch.log1p(smaller / n * (z - 1))
        return (constant + remainders - value.log() + log_kernel).masked_fill(outside, -inf)
