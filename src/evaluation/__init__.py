"""Evaluation: from a trained run to a table of numbers, each with its error and what it was measured under."""

from src.evaluation.compare import comparison
from src.evaluation.evaluate import evaluate

__all__ = ["comparison", "evaluate"]
