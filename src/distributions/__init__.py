"""Distributions: tensors to torch Distributions.

A posterior maps features (B, in_features) to q(z|x), with batch shape (B,) and event shape (D,). A prior takes
nothing and gives p(z), with event shape (D,). A likelihood maps a decoder's output (..., *parameter_shape) to p(x|z),
with batch shape (...) and event shape (C, H, W).
"""

from src.distributions.bernoulli import Bernoulli
from src.distributions.gaussian import Gaussian
from src.distributions.likelihood import Likelihood
from src.distributions.normal_posterior import NormalPosterior
from src.distributions.standard_normal import StandardNormal

__all__ = ["Bernoulli", "Gaussian", "Likelihood", "NormalPosterior", "StandardNormal"]
