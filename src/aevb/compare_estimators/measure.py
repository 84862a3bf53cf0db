"""Every estimator at every number of samples, on one model and batch."""

from rich.console import Console
from rich.progress import Progress

from aevb.compare_estimators.figure import LABELS
from aevb.compare_estimators.gradients import PARTS, Gradients
from aevb.compare_estimators.preflight import Losses
from aevb.compare_estimators.statistics import GradientNoise, signal_to_noise, squared_bias, variance
from aevb.errors import UserError
from aevb.losses import EvidenceLowerBound


def applicable(estimators: Losses, gradients: Gradients) -> Losses:
    """The estimators that exist for the model; prints why another does not, UserError if none does."""
    objections = {name: gradients.objection(make) for name, make in estimators.items()}
    for name, reason in objections.items():
        if reason is not None:
            print(f"{name} is left out: {reason}")
    if None not in objections.values():
        raise UserError("no estimator is left to measure: choose others with estimators=")
    return {name: make for name, make in estimators.items() if objections[name] is None}


def measure(
    gradients: Gradients, estimators: Losses, counts: list[int], repetitions: int, reference_samples: int
) -> list[GradientNoise]:
    """A row for each estimator, number of samples and part, in this order, with a progress bar in a terminal."""
    kinds = {name: isinstance(make(num_samples=1), EvidenceLowerBound) for name, make in estimators.items()}
    rows = []
    console = Console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("references", total=len(counts) * len(estimators) + 1)
        log_p = gradients.of_log_p(reference_samples)
        elbo = gradients.of_elbo(reference_samples) if any(kinds.values()) else {}
        bar.advance(task)
        for k in counts:
            bound = {} if all(kinds.values()) else gradients.of_bound(k, reference_samples)
            for name, make in estimators.items():
                bar.update(task, description=f"{LABELS.get(name, name)}, {k} samples")
                sums, seconds = gradients.of(make(num_samples=k), repetitions, f"gradient by {name}")
                for part in PARTS:
                    reference = (elbo if kinds[name] else bound)[part]
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
