"""The Student t distribution, exact for many degrees of freedom."""

from math import log, pi

import torch
from torch import Tensor
from torch.distributions import StudentT as TorchStudentT

from aevb.distributions.families.stirling import log_gamma_step


class StudentT(TorchStudentT):
    """torch's StudentT, with a log density of few rounding errors.

    With t = (z - loc) / scale,
    log p(z) = log Γ((df + 1)/2) - log Γ(df/2) - ½ log(π df) - log scale - (df + 1)/2 log(1 + t²/df).
    """

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        t = (value - self.loc) / self.scale
        kernel = (self.df + 1) / 2 * torch.log1p(t.square() / self.df)
        return log_gamma_step(self.df / 2, 0.5) - log(2 * pi) / 2 - self.scale.log() - kernel
