"""Models: LightningModules that join a choice on each axis and train it."""

from aevb.models.autoencoder import Autoencoder
from aevb.models.seed_ensemble import Replicas
from aevb.models.vae import VAE
from aevb.models.vq_prior import VQPrior
from aevb.models.vq_vae import VQVAE
from aevb.train.module import ImageModel

__all__ = ["VAE", "VQVAE", "Autoencoder", "ImageModel", "Replicas", "VQPrior"]
