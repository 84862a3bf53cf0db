"""The noise of a gradient that is estimated from random samples: its bias, its variance, its signal and noise."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aevb.metrics.estimate import Estimate

GROUPS = 10  # of repetitions, for standard errors


class GradientNoise(NamedTuple):
    """What was measured of one estimator, for the parameters of the encoder or of the decoder.

    squared_bias: from the gradient of the bound that the estimator is of. squared_bias_log_p: from the gradient of
    log p(x); None for the encoder, on which log p(x) does not depend. seconds: of the gradients by all parameters.
    """

    estimator: str
    num_samples: int
    parameters: str
    squared_bias: Estimate
    variance: Estimate
    snr: Estimate
    seconds: float
    squared_bias_log_p: Estimate | None

    @property
    def variance_times_seconds(self) -> float:
        """The variance at the price of one second: a mean of n gradients has 1/n of it and takes n times longer."""
        return self.variance.value * self.seconds


class GradientSums:
    """Sums over independent repetitions g₁ … g_R of a gradient, in float64 and in groups; single ones are not kept.

    Repetition r belongs to group r mod G. Statistics of the whole need only the inner products of the groups' sums,
    and the same statistics without one group at a time, the jackknife's, give standard errors.
    """

    def __init__(self, num_groups: int = GROUPS) -> None:
        self.counts = np.zeros(num_groups)
        self.squares = np.zeros(num_groups)  # Σ ‖g‖²
        self.sums = torch.empty(0)  # (G, P)
        self.own_products: np.ndarray | None = None

    def add(self, gradient: Tensor) -> None:
        """Count one more repetition g, (P,)."""
        if not self.counts.any():
            self.sums = gradient.new_zeros(len(self.counts), len(gradient), dtype=torch.float64)
        group = int(self.counts.sum()) % len(self.counts)
        self.counts[group] += 1
        self.squares[group] += torch.linalg.vector_norm(gradient, dtype=torch.float64).item() ** 2
        self.sums[group] += gradient
        self.own_products = None

    def is_constant(self) -> bool:
        """Whether no repetition differs from another, so that there is neither variance nor its ratio to the signal."""
        return bool((self.variance(self.without_each()) <= 0).any())

    def is_zero(self) -> bool:
        """Whether all repetitions are, so that nothing can be measured in units of them."""
        return not self.squares.any()

    def without_each(self) -> np.ndarray:
        """Which groups count: all of them, then all but one, (1 + G, G)."""
        n = len(self.counts)
        return np.concatenate([np.ones((1, n)), 1 - np.eye(n)])

    def variance(self, groups: np.ndarray) -> np.ndarray:
        """tr Cov[g] = 1/(R-1) Σᵣ ‖gᵣ - ḡ‖² of the groups that count, (..., G) -> (...)."""
        r = groups @ self.counts
        return (groups @ self.squares - self.squared_sum(groups) / r) / (r - 1)

    def squared_mean(self, groups: np.ndarray) -> np.ndarray:
        """‖E g‖², as ‖ḡ‖² - tr Cov[g]/R: without bias, and therefore sometimes below zero; (..., G) -> (...)."""
        r = groups @ self.counts
        return self.squared_sum(groups) / r**2 - self.variance(groups) / r

    def squared_sum(self, groups: np.ndarray) -> np.ndarray:
        """‖Σ g‖² of the groups that count, (..., G) -> (...)."""
        if self.own_products is None:
            self.own_products = self.products(self)
        squares: np.ndarray = np.einsum("...g,gh,...h->...", groups, self.own_products, groups)
        return squares

    def products(self, other: "GradientSums") -> np.ndarray:
        """The inner product of each group's sum with each of the other's, (G, H)."""
        return (self.sums @ other.sums.T).cpu().numpy()


def variance(gradients: GradientSums) -> Estimate:
    """tr Cov[g], the sum of the variances of all components."""
    value, *left_out = gradients.variance(gradients.without_each())
    return Estimate(float(value), _jackknife(left_out), "nats²")


def signal_to_noise(gradients: GradientSums) -> Estimate:
    """‖E g‖ / √tr Cov[g]; zero where the estimate of ‖E g‖² is below zero.

    The standard error e of the square s² becomes √(s² + e) - s, which is e/2s for a clear signal and stays above zero
    for none.
    """
    groups = gradients.without_each()
    value, *left_out = gradients.squared_mean(groups) / gradients.variance(groups)
    square = max(float(value), 0.0)
    return Estimate(square**0.5, (square + _jackknife(left_out)) ** 0.5 - square**0.5, "1")


def squared_bias(gradients: GradientSums, reference: GradientSums) -> Estimate:
    """‖E g - E h‖² / ‖E h‖² for the repetitions h of a reference that are independent of those of g.

    Both squares are estimated without bias, so that a gradient without bias gives zero on average, sometimes less. The
    jackknife's error, over the groups of g and over those of h, is then more likely too large than too small.
    """

    a, b = gradients.without_each(), reference.without_each()
    whole_a, whole_b = np.broadcast_to(a[0], (len(b) - 1, a.shape[1])), np.broadcast_to(b[0], (len(a), b.shape[1]))
    a, b = np.concatenate([a, whole_a]), np.concatenate([whole_b, b[1:]])  # one group less of the one, or of the other
    product = np.einsum("ig,gh,ih->i", a, gradients.products(reference), b)
    product = product / ((a @ gradients.counts) * (b @ reference.counts))
    target = reference.squared_mean(b)
    value, *left_out = (gradients.squared_mean(a) - 2 * product + target) / target
    split = len(gradients.counts)
    error = np.hypot(_jackknife(left_out[:split]), _jackknife(left_out[split:]))
    return Estimate(float(value), float(error), "1")


def _jackknife(left_out: list[float]) -> float:
    """The standard error √((G-1)/G Σ (tᵢ - t̄)²) of a statistic that is tᵢ without group i."""
    return float(np.sqrt((len(left_out) - 1) * np.var(left_out)))
