"""Models: LightningModules that join a choice on each axis and train it."""

from src.models.autoencoder import Autoencoder
from src.models.image_model import ImageModel
from src.models.vae import VAE

__all__ = ["VAE", "Autoencoder", "ImageModel"]
