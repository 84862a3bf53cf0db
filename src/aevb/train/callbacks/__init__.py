"""Callbacks: when something is drawn, saved, shown or checked, and where it goes. They know no mathematics."""

from aevb.train.callbacks.begin_run import BeginRun
from aevb.train.callbacks.best_of_each_seed import BestOfEachSeed
from aevb.train.callbacks.describe_model import DescribeModel
from aevb.train.callbacks.draw_figure import DrawFigure
from aevb.train.callbacks.embedding import Embedding
from aevb.train.callbacks.final_weights import FinalWeights
from aevb.train.callbacks.finite_guard import FiniteGuard
from aevb.train.callbacks.go_on import GoOn
from aevb.train.callbacks.gradient_norms import GradientNorms
from aevb.train.callbacks.history import History
from aevb.train.callbacks.keep_checkpoint import KeepCheckpoint
from aevb.train.callbacks.latent_histograms import LatentHistograms
from aevb.train.callbacks.progress import Progress
from aevb.train.callbacks.prune import Prune
from aevb.train.callbacks.replay_curves import ReplayCurves
from aevb.train.callbacks.save_config import SaveConfig
from aevb.train.callbacks.save_on_signal import SaveOnSignal
from aevb.train.callbacks.seed_each_epoch import SeedEachEpoch
from aevb.train.callbacks.throughput import Throughput

__all__ = [
    "BeginRun",
    "BestOfEachSeed",
    "DescribeModel",
    "DrawFigure",
    "Embedding",
    "FinalWeights",
    "FiniteGuard",
    "GoOn",
    "GradientNorms",
    "History",
    "KeepCheckpoint",
    "LatentHistograms",
    "Progress",
    "Prune",
    "ReplayCurves",
    "SaveConfig",
    "SaveOnSignal",
    "SeedEachEpoch",
    "Throughput",
]
