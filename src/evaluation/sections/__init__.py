"""The parts of an evaluation: each takes the subject and its own options, and returns results.

A section raises NotApplicable, with the reason, for a model that it says nothing of.
"""

from src.evaluation.sections.bounds import annealed, elbo, importance, quadrature
from src.evaluation.sections.codes import probes, reconstruction
from src.evaluation.sections.gap import gap
from src.evaluation.sections.latents import latents
from src.evaluation.sections.samples import samples

__all__ = ["annealed", "elbo", "gap", "importance", "latents", "probes", "quadrature", "reconstruction", "samples"]
