"""Losses: what is minimised, one value for each image.

A reconstruction loss compares an autoencoder's prediction with x. A variational bound is made of the distributions of a
VAE: -ELBO, an importance-weighted bound, or what an older algorithm follows. Sums run over pixels and latent dimensions
here; the mean over the batch is the model's.
"""

from src.losses.bce import BCE
from src.losses.ciwae import CIWAE
from src.losses.dreg import DReG
from src.losses.evidence_lower_bound import EvidenceLowerBound
from src.losses.iwae import IWAE
from src.losses.mcem import MCEM
from src.losses.miwae import MIWAE
from src.losses.mse import MSE
from src.losses.reconstruction_loss import ReconstructionLoss
from src.losses.rmse import RMSE
from src.losses.score_function import ScoreFunction
from src.losses.sgvb_a import SGVBA
from src.losses.sgvb_b import SGVBB
from src.losses.stl import STL
from src.losses.variational_bound import LossTerms, VariationalBound
from src.losses.wake_sleep import WakeSleep

__all__ = [
    "BCE",
    "CIWAE",
    "IWAE",
    "MCEM",
    "MIWAE",
    "MSE",
    "RMSE",
    "SGVBA",
    "SGVBB",
    "STL",
    "DReG",
    "EvidenceLowerBound",
    "LossTerms",
    "ReconstructionLoss",
    "ScoreFunction",
    "VariationalBound",
    "WakeSleep",
]
