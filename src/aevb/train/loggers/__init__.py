"""Loggers: where curves, pictures, options and results of a run go, beside its own files."""

from aevb.train.loggers.build import build_loggers
from aevb.train.loggers.connect import connect
from aevb.train.loggers.curves import log_curves, steps_per_epoch
from aevb.train.loggers.options import log_options
from aevb.train.loggers.pictures import TakesImages, log_picture
from aevb.train.loggers.results import finish, finishing, log_results
from aevb.train.loggers.tensorboard import TensorBoard

__all__ = [
    "TakesImages",
    "TensorBoard",
    "build_loggers",
    "connect",
    "finish",
    "finishing",
    "log_curves",
    "log_options",
    "log_picture",
    "log_results",
    "steps_per_epoch",
]
