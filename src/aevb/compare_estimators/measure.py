"""Every estimator at every number of samples, on one model and batch."""

from collections.abc import Sequence

import torch
from rich.console import Console
from rich.progress import Progress
from torch import Tensor

from aevb.checks import instance_of, whole_number, whole_numbers
from aevb.compare_estimators.figure import LABELS
from aevb.compare_estimators.gradients import PARTS, Gradients
from aevb.compare_estimators.preflight import Losses
from aevb.compare_estimators.statistics import (
    GROUPS,
    GradientNoise,
    GradientSums,
    signal_to_noise,
    squared_bias,
    variance,
)
from aevb.errors import UserError
from aevb.losses import EvidenceLowerBound
from aevb.models import VAE, check_images, evaluating


def compare_estimators(
    model: VAE,
    images: Tensor,
    estimators: Losses,
    num_samples: Sequence[int] = (1, 8, 64),
    *,
    repetitions: int = 100,
    reference_samples: int = 5000,
    seed: int = 0,
) -> list[GradientNoise]:
    """Bias, variance and signal-to-noise ratio of gradients: a row for each estimator, number of samples and part.

    images: the batch, (B, C, H, W), the same in all repetitions.
    estimators: classes or partials of VariationalBounds, by name. num_samples: L or K.
    repetitions: gradients of each estimator, at least 20.
    reference_samples: for each image, to find what the gradients should be on average.
    seed: of all samples.

    Raises NoClosedForm or MovingSupport where an estimator does not exist for the model, and ValueError for other
    arguments that make no sense.

    >>> from aevb.losses import SGVBA, SGVBB
    >>> compare_estimators(model, x, {"A": SGVBA, "B": SGVBB})  # doctest: +SKIP
    """
    check_images(instance_of("model", model, VAE), images)
    counts = list(whole_numbers("num_samples", num_samples))
    whole_number("repetitions", repetitions, at_least=2 * GROUPS)
    whole_number("reference_samples", reference_samples)
    with evaluating(model), torch.random.fork_rng(devices=[images.device] if images.device.type == "cuda" else []):
        gradients = Gradients(model, images, seed)
        return measure(gradients, estimators, counts, repetitions, reference_samples)


def applicable(estimators: Losses, gradients: Gradients) -> Losses:
    """The estimators that exist for the model; prints why another does not, UserError if none does."""
    objections = {name: gradients.objection(make) for name, make in estimators.items()}
    for name, reason in objections.items():
        if reason is not None:
            print(f"{name} is left out: {reason}")
    if None not in objections.values():
        raise UserError("no estimator is left to measure: choose others with estimators=")
    return {name: make for name, make in estimators.items() if objections[name] is None}


def check_noise(name: str, part: str, sums: GradientSums, reference: GradientSums) -> None:
    """Raise UserError where a gradient has no variance, or no expectation, that its bias and noise could relate to."""
    if sums.is_constant() or reference.is_zero():
        what = "is zero" if reference.is_zero() else "is the same for all samples of z"
        raise UserError(
            f"{name}'s gradient by the {part}'s parameters {what}, as in a model that has collapsed: there is no noise "
            f"to compare; choose another run, or other estimators with estimators="
        )


def measure(
    gradients: Gradients, estimators: Losses, counts: list[int], repetitions: int, reference_samples: int
) -> list[GradientNoise]:
    """A row for each estimator, number of samples and part, in this order, with a progress bar in a terminal."""
    kinds = {name: isinstance(make(num_samples=1), EvidenceLowerBound) for name, make in estimators.items()}
    rows = []
    console = Console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("references", total=len(counts) * len(estimators) + 1)
        log_p = gradients.log_p_reference(reference_samples)
        elbo = gradients.elbo_reference(reference_samples) if any(kinds.values()) else {}
        bar.advance(task)
        for k in counts:
            bar.update(task, description=f"references, {k} samples")
            bound = {} if all(kinds.values()) else gradients.bound_reference(k, reference_samples)
            for name, make in estimators.items():
                bar.update(task, description=f"{LABELS.get(name, name)}, {k} samples")
                sums, seconds = gradients.estimate(make(num_samples=k), repetitions, f"gradient by {name}")
                for part in PARTS:
                    reference = (elbo if kinds[name] else bound)[part]
                    check_noise(LABELS.get(name, name), part, sums[part], reference)
                    rows.append(
                        GradientNoise(
                            name,
                            k,
                            part,
                            squared_bias(sums[part], reference),
                            variance(sums[part]),
                            signal_to_noise(sums[part]),
                            seconds,
                            squared_bias(sums[part], log_p) if part == "decoder" else None,
                        )
                    )
                bar.advance(task)
    order = list(estimators)
    return sorted(rows, key=lambda row: (order.index(row.estimator), row.num_samples, PARTS.index(row.parameters)))
