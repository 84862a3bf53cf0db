"""Models: what joins a choice on each axis; nn.Modules that know no optimiser and no trainer."""

from aevb.models.autoencoder import Autoencoder
from aevb.models.bayesian_vae import BayesianVAE
from aevb.models.check_images import check_images
from aevb.models.denoiser import denoiser
from aevb.models.evaluating import evaluating
from aevb.models.has_finite_weights import has_finite_weights
from aevb.models.image_model import GenerativeModel, ImageModel
from aevb.models.layer_table import layer_table
from aevb.models.layers import Part, parts_of
from aevb.models.psd import PSD
from aevb.models.seed_ensemble import SeedEnsemble
from aevb.models.svi_vae import SVIVAE
from aevb.models.vae import VAE
from aevb.models.vq_prior import VQPrior
from aevb.models.vq_vae import VQVAE

__all__ = [
    "PSD",
    "SVIVAE",
    "VAE",
    "VQVAE",
    "Autoencoder",
    "BayesianVAE",
    "GenerativeModel",
    "ImageModel",
    "Part",
    "SeedEnsemble",
    "VQPrior",
    "check_images",
    "denoiser",
    "evaluating",
    "has_finite_weights",
    "layer_table",
    "parts_of",
]
