"""Losses: what is minimised, one value for each image.

A reconstruction loss compares an autoencoder's prediction with x. A variational bound estimates -ELBO from the
distributions of a VAE. Sums run over pixels and latent dimensions here; the mean over the batch is the model's.
"""

from src.losses.bce import BCE
from src.losses.mse import MSE
from src.losses.reconstruction_loss import ReconstructionLoss
from src.losses.rmse import RMSE
from src.losses.score_function import ScoreFunction
from src.losses.sgvb_a import SGVBA
from src.losses.sgvb_b import SGVBB
from src.losses.variational_bound import LossTerms, VariationalBound

__all__ = [
    "BCE",
    "MSE",
    "RMSE",
    "SGVBA",
    "SGVBB",
    "LossTerms",
    "ReconstructionLoss",
    "ScoreFunction",
    "VariationalBound",
]
