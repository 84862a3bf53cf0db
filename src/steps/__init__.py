"""Optimiser steps: how they are taken so that nothing but arithmetic takes time."""

from src.steps.steps import Steps, steps_of
from src.steps.tune_process import tune_process

__all__ = ["Steps", "steps_of", "tune_process"]
