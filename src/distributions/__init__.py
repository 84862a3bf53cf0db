"""Distributions: tensors to torch Distributions.

A posterior maps features (B, in_features) to q(z|x), with batch shape (B,) and event shape (D,). A prior takes
nothing and gives p(z), with event shape (D,). A likelihood maps a decoder's output (..., *parameter_shape) to p(x|z),
with batch shape (...) and event shape (C, H, W).
"""

import src.distributions.normal_kl  # noqa: F401  (registers a closed form)
from src.distributions.amortized_posterior import AmortizedPosterior
from src.distributions.bernoulli import Bernoulli
from src.distributions.centre import centre
from src.distributions.factor import factor
from src.distributions.fixed_prior import FixedPrior
from src.distributions.flow import FlowPosterior, FlowPrior
from src.distributions.full_normal_posterior import FullNormalPosterior
from src.distributions.gaussian import Gaussian
from src.distributions.likelihood import Likelihood
from src.distributions.logistic_normal_posterior import LogisticNormalPosterior
from src.distributions.low_rank_normal_posterior import LowRankNormalPosterior
from src.distributions.mixture_prior import MixturePrior
from src.distributions.normal_posterior import NormalPosterior
from src.distributions.standard_normal import StandardNormal
from src.distributions.support import check_support, support_of
from src.distributions.vamp_prior import VampPrior

__all__ = [
    "AmortizedPosterior",
    "Bernoulli",
    "FixedPrior",
    "FlowPosterior",
    "FlowPrior",
    "FullNormalPosterior",
    "Gaussian",
    "Likelihood",
    "LogisticNormalPosterior",
    "LowRankNormalPosterior",
    "MixturePrior",
    "NormalPosterior",
    "StandardNormal",
    "VampPrior",
    "centre",
    "check_support",
    "factor",
    "support_of",
]
