"""Losses: what is minimised, one value for each image.

A reconstruction loss compares an autoencoder's prediction with x. A variational bound is made of the distributions of a
VAE: -ELBO, an importance-weighted bound, or what an older algorithm follows. Sums run over pixels and latent dimensions
here; the mean over the batch is the model's.
"""

from aevb.losses.bce import BCE
from aevb.losses.ciwae import CIWAE
from aevb.losses.dreg import DReG
from aevb.losses.evidence_lower_bound import EvidenceLowerBound
from aevb.losses.iwae import IWAE
from aevb.losses.mcem import MCEM
from aevb.losses.miwae import MIWAE
from aevb.losses.mse import MSE
from aevb.losses.reconstruction_loss import ReconstructionLoss
from aevb.losses.rmse import RMSE
from aevb.losses.score_function import ScoreFunction
from aevb.losses.sgvb_a import SGVBA
from aevb.losses.sgvb_b import SGVBB
from aevb.losses.stl import STL
from aevb.losses.variational_bound import LossTerms, VariationalBound
from aevb.losses.wake_sleep import WakeSleep

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
