"""The curves of a run from its history, for a logger that was not there when they were made."""

from collections.abc import Iterable
from math import ceil

from lightning.pytorch import Trainer
from lightning.pytorch.loggers import Logger

from aevb.runs.history import Row


def log_curves(logger: Logger, rows: Iterable[Row], steps_per_epoch: int) -> None:
    """Log each epoch's means of training and validation at its last step, as the Trainer does."""
    for row in rows:
        curves = {name: value for name, value in row.items() if name.startswith(("train/", "val/"))}
        logger.log_metrics(curves, round(row["epoch"]) * steps_per_epoch - 1)


def steps_per_epoch(trainer: Trainer) -> int:
    """The optimiser steps of an epoch of the training that the Trainer is set up for."""
    return ceil(trainer.num_training_batches / trainer.accumulate_grad_batches)
