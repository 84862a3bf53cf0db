"""Models: LightningModules that join a choice on each axis and train it."""

from src.models.autoencoder import Autoencoder
from src.models.image_model import ImageModel
from src.models.replicas import Replicas
from src.models.vae import VAE
from src.models.vq_prior import VQPrior
from src.models.vq_vae import VQVAE

__all__ = ["VAE", "VQVAE", "Autoencoder", "ImageModel", "Replicas", "VQPrior"]
