"""Distributions: tensors to torch Distributions.

A Posterior maps features (B, in_features) to q(z|x), with batch shape (B,) and event shape (D,). A Prior takes nothing
and gives p(z), with event shape (D,). A Likelihood maps a decoder's output (..., *parameter_shape) to p(x|z), with
batch shape (...) and event shape (C, H, W).
"""

import aevb.distributions.concentration_kl
import aevb.distributions.normal_kl  # noqa: F401  (registers a closed form)
from aevb.distributions.amortized_posterior import AmortizedPosterior
from aevb.distributions.bernoulli import Bernoulli
from aevb.distributions.elliptical_posterior import EllipticalPosterior
from aevb.distributions.fixed_prior import FixedPrior
from aevb.distributions.flow import FlowPosterior, FlowPrior
from aevb.distributions.full_normal_posterior import FullNormalPosterior
from aevb.distributions.gaussian import Gaussian
from aevb.distributions.likelihood import Likelihood
from aevb.distributions.logistic_normal_posterior import LogisticNormalPosterior
from aevb.distributions.low_rank_normal_posterior import LowRankNormalPosterior
from aevb.distributions.marginal_family import marginal_family
from aevb.distributions.mean_or_mode import mean_or_mode
from aevb.distributions.mixture_prior import MixturePrior
from aevb.distributions.normal_posterior import NormalPosterior
from aevb.distributions.posterior import Posterior
from aevb.distributions.prior import Prior
from aevb.distributions.standard_normal import StandardNormal
from aevb.distributions.support import (
    ShapeMismatch,
    Support,
    SupportMismatch,
    check_support,
    elementary_support,
    support_of,
)
from aevb.distributions.tails import InfiniteKL, check_tails
from aevb.distributions.vamp_prior import VampPrior

__all__ = [
    "AmortizedPosterior",
    "Bernoulli",
    "EllipticalPosterior",
    "FixedPrior",
    "FlowPosterior",
    "FlowPrior",
    "FullNormalPosterior",
    "Gaussian",
    "InfiniteKL",
    "Likelihood",
    "LogisticNormalPosterior",
    "LowRankNormalPosterior",
    "MixturePrior",
    "NormalPosterior",
    "Posterior",
    "Prior",
    "ShapeMismatch",
    "StandardNormal",
    "Support",
    "SupportMismatch",
    "VampPrior",
    "check_support",
    "check_tails",
    "elementary_support",
    "marginal_family",
    "mean_or_mode",
    "support_of",
]
