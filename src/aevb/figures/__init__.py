"""Figures: pure functions from tensors to matplotlib Figures (or an Animation), one file each.

A function asks for what it draws by the names of its parameters; `Quantities` lists the names there are, and the other
parameters are options. Figures are made without pyplot, so none stays open.
"""

from aevb.figures.canvas.animation import Animation
from aevb.figures.canvas.picture import Picture, save
from aevb.figures.codebook_usage import codebook_usage
from aevb.figures.decoded_grid import decoded_grid
from aevb.figures.decoded_points import decoded_points
from aevb.figures.denoising import denoising
from aevb.figures.exact_posterior import exact_posterior
from aevb.figures.importance_curve import importance_ladder
from aevb.figures.interpolation import interpolation
from aevb.figures.interpolation_gif import interpolation_gif
from aevb.figures.kl_by_dimension import kl_by_dimension
from aevb.figures.latent_scatter import latent_scatter
from aevb.figures.learning_curves import learning_curves
from aevb.figures.posterior_samples import posterior_samples
from aevb.figures.prior_samples import prior_samples
from aevb.figures.quantities import NotApplicable, Quantities
from aevb.figures.reconstructions import reconstructions
from aevb.figures.tsne import tsne

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
