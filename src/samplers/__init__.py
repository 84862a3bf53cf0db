"""Samplers: Markov chains whose states end up distributed as p(z|x)."""

from src.samplers.hmc import adapted, hmc_transition
from src.samplers.joint import Joint

__all__ = ["Joint", "adapted", "hmc_transition"]
