"""The statistics of a noisy gradient, where its mean and its variance are known."""

import pytest
import torch
from torch import Tensor

from aevb.compare_estimators.statistics import GradientSums, signal_to_noise, squared_bias, variance
from aevb.metrics.estimate import Estimate

MEAN = torch.tensor([3.0, -4.0, 0.0, 0.0, 0.0])  # of norm 5
STD = torch.tensor([1.0, 2.0, 0.5, 0.0, 3.0])  # of squared norm 14.25


def summed(n: int, seed: int, mean: Tensor = MEAN, std: Tensor = STD, num_groups: int = 10) -> GradientSums:
    noise = torch.randn(n, len(std), generator=torch.Generator().manual_seed(seed))
    sums = GradientSums(num_groups)
    for one in noise:
        sums.add(mean + std * one)
    return sums


def errors_from(estimate: Estimate, truth: float) -> float:
    assert estimate.standard_error is not None
    assert estimate.standard_error > 0
    return (estimate.value - truth) / estimate.standard_error


@pytest.mark.parametrize("n", [100, 104])
def test_variance_and_signal_are_those_of_the_noise(n: int) -> None:
    of_variance = torch.tensor([errors_from(variance(summed(n, i)), 14.25) for i in range(200)])
    of_signal = torch.tensor([errors_from(signal_to_noise(summed(n, i)), 5 / 14.25**0.5) for i in range(200)])
    for scores in (of_variance, of_signal):
        assert scores.mean().abs() < 0.4
        assert 0.7 < scores.std() < 1.6  # the error that is stated is the one that is made


def test_variance_is_that_of_all_repetitions() -> None:
    noise = torch.randn(57, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sums = GradientSums()
    for one in noise:
        sums.add(one)
    assert variance(sums).value == pytest.approx(noise.var(0).sum().item())


def test_no_signal_is_zero_within_its_error() -> None:
    estimates = [signal_to_noise(summed(100, i, mean=torch.zeros(5))) for i in range(50)]
    assert any(estimate.value == 0 for estimate in estimates)
    assert all(errors_from(estimate, 0) < 4 for estimate in estimates)


def test_an_unbiased_gradient_has_no_bias_and_a_biased_one_has() -> None:
    offset = torch.tensor([0.0, 0.0, 3.0, 0.0, 0.0])  # 9 of 25
    unbiased = [squared_bias(summed(100, i), summed(60, 1000 + i)) for i in range(200)]
    biased = [squared_bias(summed(100, i, MEAN + offset), summed(60, 1000 + i)) for i in range(200)]
    values = torch.tensor([estimate.value for estimate in unbiased])
    assert abs(values.mean() / values.std() * len(values) ** 0.5) < 3
    assert sum(errors_from(estimate, 0) > 3 for estimate in unbiased) <= 4
    scores = torch.tensor([errors_from(estimate, 9 / 25) for estimate in biased])
    assert scores.mean().abs() < 0.5
    assert 0.6 < scores.std() < 1.6
    assert all(errors_from(estimate, 0) > 3 for estimate in biased)


def test_a_reference_may_have_few_repetitions() -> None:
    estimate = squared_bias(summed(100, 0), summed(4, 1, num_groups=4))
    assert abs(errors_from(estimate, 0)) < 4


def test_sums_go_on_after_a_statistic() -> None:
    sums = summed(50, 0)
    before = variance(sums).value
    sums.add(MEAN + 100)
    assert variance(sums).value > 10 * before
