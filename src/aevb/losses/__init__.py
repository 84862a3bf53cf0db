"""Losses: what is minimised, one value for each image.

A ReconstructionLoss compares an autoencoder's prediction with x, and a Penalty is what its code costs. A
VariationalBound is made of the Densities of a VAE: -ELBO (EvidenceLowerBound), an ImportanceWeighted bound, or what an
older algorithm follows. Sums run over pixels and latent dimensions here; whoever trains takes the mean over the batch.
"""

from aevb.losses.as_written import AsWritten, NotGaussian
from aevb.losses.bce import BCE
from aevb.losses.ciwae import CIWAE
from aevb.losses.contractive import Contractive
from aevb.losses.densities import Densities
from aevb.losses.dreg import DReG
from aevb.losses.evidence_lower_bound import EvidenceLowerBound
from aevb.losses.fixed_support import MovingSupport
from aevb.losses.importance_weighted import ImportanceWeighted, LogWeights, log_mean_exp
from aevb.losses.iwae import IWAE
from aevb.losses.kl import NoClosedForm
from aevb.losses.kl_weight import KLWeight
from aevb.losses.mcem import MCEM
from aevb.losses.miwae import MIWAE
from aevb.losses.mse import MSE
from aevb.losses.penalty import Penalty
from aevb.losses.reconstruction_loss import ReconstructionLoss
from aevb.losses.reparameterised import NoReparameterisation
from aevb.losses.rmse import RMSE
from aevb.losses.score_function import ScoreFunction
from aevb.losses.sgvb_a import SGVBA
from aevb.losses.sgvb_b import SGVBB
from aevb.losses.sparse import Sparse
from aevb.losses.stl import STL
from aevb.losses.variational_bound import LossTerms, VariationalBound
from aevb.losses.wake_sleep import Unexplained, WakeSleep

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
    "AsWritten",
    "Contractive",
    "DReG",
    "Densities",
    "EvidenceLowerBound",
    "ImportanceWeighted",
    "KLWeight",
    "LogWeights",
    "LossTerms",
    "MovingSupport",
    "NoClosedForm",
    "NoReparameterisation",
    "NotGaussian",
    "Penalty",
    "ReconstructionLoss",
    "ScoreFunction",
    "Sparse",
    "Unexplained",
    "VariationalBound",
    "WakeSleep",
    "log_mean_exp",
]
