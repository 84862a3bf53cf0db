"""The parts of an evaluation: each takes the subject and its own options, and returns results.

A section raises NotApplicable, with the reason, for a model that it says nothing of.
"""

from aevb.evaluate.sections.bounds import annealed, elbo, importance, quadrature
from aevb.evaluate.sections.codes import probes, reconstruction
from aevb.evaluate.sections.gap import gap
from aevb.evaluate.sections.latents import latents
from aevb.evaluate.sections.samples import samples

__all__ = ["annealed", "elbo", "gap", "importance", "latents", "probes", "quadrature", "reconstruction", "samples"]
