"""Samplers: Markov chains whose states end up distributed as p(z|x)."""

from src.samplers.hmc import LogDensity, adapted, hmc_transition
from src.samplers.joint import Joint

__all__ = ["Joint", "LogDensity", "adapted", "hmc_transition"]
