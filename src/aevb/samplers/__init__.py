"""Samplers: Markov chains whose states end up distributed as p(z|x)."""

from aevb.samplers.hmc import LogDensity, adapted, hmc_transition
from aevb.samplers.unconstrained import Unconstrained

__all__ = ["LogDensity", "Unconstrained", "adapted", "hmc_transition"]
