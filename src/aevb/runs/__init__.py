"""Runs: the folder that training leaves behind, and what can be made from it. No Lightning here."""

from aevb.runs.checkpoint import CHECKPOINT_FORMAT, find_checkpoint, load_checkpoint, load_data, load_model
from aevb.runs.run import Run, find_runs

__all__ = ["CHECKPOINT_FORMAT", "Run", "find_checkpoint", "find_runs", "load_checkpoint", "load_data", "load_model"]
