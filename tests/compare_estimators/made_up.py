"""Rows of a comparison that nobody measured."""

from aevb.compare_estimators.statistics import GradientNoise
from aevb.metrics.estimate import Estimate


def made_up(name: str, n: int, variance: float, error: float, part: str = "encoder") -> GradientNoise:
    return GradientNoise(name, n, part, Estimate(0.1, 0.2, "1"), Estimate(variance, error, "nats²"),
                         Estimate(0.0, 0.1, "1"), 0.01, None)  # fmt: skip
