"""Optimiser steps: how they are taken so that nothing but arithmetic takes time."""

from aevb.process import tune_process
from aevb.train.steps.chunks import Steps, steps_of

__all__ = ["Steps", "steps_of", "tune_process"]
