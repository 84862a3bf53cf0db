"""Figures: pure functions from tensors to matplotlib Figures (or an Animation), one file each.

A function asks for what it draws by the names of its parameters; `Quantities` lists the names there are, and the other
parameters are options. Figures are made without pyplot, so none stays open.
"""

from src.figures.animation import Animation
from src.figures.codebook_usage import codebook_usage
from src.figures.decoded_grid import decoded_grid
from src.figures.decoded_points import decoded_points
from src.figures.denoising import denoising
from src.figures.exact_posterior import exact_posterior
from src.figures.importance_ladder import importance_ladder
from src.figures.interpolation import interpolation
from src.figures.interpolation_gif import interpolation_gif
from src.figures.kl_by_dimension import kl_by_dimension
from src.figures.latent_scatter import latent_scatter
from src.figures.learning_curves import learning_curves
from src.figures.picture import Picture, save
from src.figures.posterior_samples import posterior_samples
from src.figures.prior_samples import prior_samples
from src.figures.quantities import NotApplicable, Quantities
from src.figures.reconstructions import reconstructions
from src.figures.tsne import tsne

__all__ = [
    "Animation",
    "NotApplicable",
    "Picture",
    "Quantities",
    "codebook_usage",
    "decoded_grid",
    "decoded_points",
    "denoising",
    "exact_posterior",
    "importance_ladder",
    "interpolation",
    "interpolation_gif",
    "kl_by_dimension",
    "latent_scatter",
    "learning_curves",
    "posterior_samples",
    "prior_samples",
    "reconstructions",
    "save",
    "tsne",
]
