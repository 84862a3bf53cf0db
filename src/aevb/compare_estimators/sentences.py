"""The rows of a comparison in sentences that claim no more than the errors allow."""

from math import floor, log10

from aevb.compare_estimators.figure import LABELS
from aevb.compare_estimators.statistics import GradientNoise
from aevb.metrics.estimate import Estimate, ratio_with_error

MANY_ERRORS = 4  # standard errors that a bias must exceed, among some hundred, to be told
CLEAR = 3  # standard errors from 1 that a ratio must be, to be told as a difference


def sentences(rows: list[GradientNoise]) -> list[str]:
    """What the rows say of the questions that the estimators were invented for."""
    found = {(row.estimator, row.num_samples, row.parameters): row for row in rows}
    low, high = min(row.num_samples for row in rows), max(row.num_samples for row in rows)
    pairs = [
        ("sgvb_b", "sgvb_a", low, "encoder"),
        ("sgvb_b", "sgvb_a", low, "decoder"),
        ("stl", "sgvb_b", low, "encoder"),
        ("sgvb_a", "score_function", low, "encoder"),
        ("dreg", "iwae", high, "encoder"),
    ]
    said = [
        comparison(found[one, n, part], found[other, n, part])
        for one, other, n, part in pairs
        if (one, n, part) in found and (other, n, part) in found
    ]
    for name in ("iwae", "dreg"):
        if (name, low, "encoder") in found and low < high:
            first, last = (with_error(found[name, n, "encoder"].snr) for n in (low, high))
            said.append(f"{LABELS[name]}'s encoder gradient has the signal-to-noise ratio {first} at K = {low} and "
                        f"{last} at K = {high}.")  # fmt: skip
    return [*said, *biases(rows)]


def comparison(one: GradientNoise, other: GradientNoise) -> str:
    """Which of two gradients has less variance, and by which factor."""
    value, error, _ = times = ratio_with_error(other.variance, one.variance)
    first, second = (LABELS.get(row.estimator, row.estimator) for row in (one, other))
    second = f"the {second}" if second.islower() else second
    letter = "K" if one.estimator == "dreg" else "L"
    where = f"at {letter} = {one.num_samples}"
    if abs(value - 1) < CLEAR * (error or 0):
        return (f"{first}'s and {second}'s {one.parameters} gradients have variances without a difference beyond the "
                f"errors {where}: {second}'s is {with_error(times)} times {first}'s.")  # fmt: skip
    if value < 1:
        times = ratio_with_error(one.variance, other.variance)
    word = "less" if value > 1 else "more"
    return f"{first}'s {one.parameters} gradient has {with_error(times)} times {word} variance than {second}'s {where}."


def biases(rows: list[GradientNoise]) -> list[str]:
    """Which estimators are biased against the bound that they are of, with the largest such bias in standard errors."""
    errors = {row: row.squared_bias.value / (row.squared_bias.standard_error or 1) for row in rows}
    biased = [row for row, size in errors.items() if size > MANY_ERRORS]
    if not biased:
        return [f"No gradient is biased beyond the errors: the largest of {len(rows)} squared biases is "
                f"{max(errors.values()):.1f} standard errors."]  # fmt: skip
    return [
        f"{LABELS.get(row.estimator, row.estimator)}'s {row.parameters} gradient is biased at {row.num_samples} "
        f"samples: its squared bias is {with_error(row.squared_bias)} of the squared gradient."
        for row in biased
    ]


def with_error(estimate: Estimate) -> str:
    """Value ± standard error, to the first digit of the error, or the second where the first is 1."""
    value, error = estimate.value, estimate.standard_error or 0.0
    if not error:
        return f"{value:.3g}"
    power = floor(log10(abs(value))) if abs(value) >= 1e5 else 0
    value, error = value / 10**power, error / 10**power
    decimals = -floor(log10(error) - (f"{error:e}"[0] == "1"))
    text = f"{round(value, decimals):.{max(0, decimals)}f} ± {round(error, decimals):.{max(0, decimals)}f}"
    return f"({text})e{power}" if power else text
