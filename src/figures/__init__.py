"""Figures: pure functions from tensors to matplotlib Figures, one file each.

A function asks for what it draws by the names of its parameters; `Quantities` lists the names there are. Figures are
made without pyplot, so none stays open.
"""

from src.figures.decoded_grid import decoded_grid
from src.figures.latent_scatter import latent_scatter
from src.figures.prior_samples import prior_samples
from src.figures.quantities import NotApplicable, Quantities
from src.figures.reconstructions import reconstructions

__all__ = ["NotApplicable", "Quantities", "decoded_grid", "latent_scatter", "prior_samples", "reconstructions"]
