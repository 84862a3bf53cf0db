"""Samplers: Markov chains whose states end up distributed as p(z|x), or as the images of a denoising model."""

from aevb.samplers.denoising_chain import ChainStates, denoising_chain
from aevb.samplers.hmc import TARGET_ACCEPTANCE, LogDensity, adapted, hmc_transition
from aevb.samplers.missing_pixels import FilledIn, fill_in
from aevb.samplers.observed_pixels import ObservedPixels
from aevb.samplers.posterior_draws import PosteriorDraws, posterior_draws
from aevb.samplers.unconstrained import Unconstrained

__all__ = [
    "TARGET_ACCEPTANCE",
    "ChainStates",
    "FilledIn",
    "LogDensity",
    "ObservedPixels",
    "PosteriorDraws",
    "Unconstrained",
    "adapted",
    "denoising_chain",
    "fill_in",
    "hmc_transition",
    "posterior_draws",
]
