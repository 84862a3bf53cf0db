"""One table for several runs."""

from typing import Any

from rich.table import Table

from aevb.train.callbacks.progress import number
from aevb.train.report import wide_console

COLUMNS = ("elbo", "loss", "squared_error", "linear_probe_accuracy", "frechet_distance")
MUST_AGREE = ("likelihood", "binarize", "data", "image_shape", "split", "num_images", "images_sha256")


def comparison(evaluations: list[dict[str, Any]]) -> None:
    """Print a row for each run: ranked where all were measured in the same way, and otherwise not, saying why."""
    results = [{row["name"]: row for row in evaluation["results"]} for evaluation in evaluations]
    criterion, reasons = ranking(evaluations, results)
    if criterion:
        order = sorted(range(len(results)), key=lambda i: results[i][criterion]["value"], reverse=higher(criterion))
    else:
        order = list(range(len(results)))
    bounds = sorted({name for found in results for name in found if is_log_px(name)}, key=num_samples_of)[-1:]
    names = [name for name in ("log_px_exact", *bounds, *COLUMNS) if any(name in found for found in results)]
    table = Table(title=f"{len(evaluations)} runs, ranked by {criterion}" if criterion else "not ranked")
    table.add_column("rank" if criterion else "run", justify="right" if criterion else "left")
    if criterion:
        table.add_column("run", overflow="fold")
    table.add_column("measured on", overflow="fold")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for place, i in enumerate(order):
        protocol = evaluations[i]["protocol"]
        cells = [evaluations[i]["run"], measured_on(protocol), *(cell(results[i].get(name)) for name in names)]
        table.add_row(*([str(place + 1)] if criterion else []), *cells)
    wide_console().print(table)
    if reasons:
        print(f"Not ranked: {' '.join(reasons)}")


def ranking(evaluations: list[dict[str, Any]], results: list[dict[str, Any]]) -> tuple[str | None, list[str]]:
    """What the runs may be ranked by, or None and the reasons why they may not."""
    reasons: list[str] = []
    for name in MUST_AGREE:
        values = {str(evaluation["protocol"][name]): [] for evaluation in evaluations}  # type: ignore[var-annotated]
        for evaluation in evaluations:
            values[str(evaluation["protocol"][name])].append(evaluation["run"])
        if len(values) > 1 and not (name == "images_sha256" and reasons):
            told = "; ".join(f"{value[:16]}: {', '.join(runs)}" for value, runs in values.items())
            reasons.append(f"the runs differ in {name} ({told}).")
    if reasons:
        return None, [*reasons, "Their nats do not compare."]
    shared = set.intersection(*(set(found) for found in results))
    bounds = sorted((name for name in shared if is_log_px(name)), key=num_samples_of)
    for name in ("log_px_exact", *reversed(bounds), "elbo", "squared_error"):
        if name in shared and len({results[i][name]["num_images"] for i in range(len(results))}) == 1:
            return name, []
    return None, ["no result that could rank them was measured on the same images of all runs."]


def is_log_px(name: str) -> bool:
    """Whether a result is log p(x) by importance sampling with K samples."""
    return name.startswith("log_px_") and name.rpartition("_")[2].isdigit()


def num_samples_of(name: str) -> int:
    """The K of log_px_K."""
    return int(name.rpartition("_")[2])


def higher(criterion: str) -> bool:
    """Whether more of it is better."""
    return criterion != "squared_error"


def measured_on(protocol: dict[str, Any]) -> str:
    """The protocol in a few words."""
    data = protocol["data"].rpartition(".")[2]
    return f"{data} {protocol['split']}, {protocol['binarize']}, {protocol['likelihood'] or 'no likelihood'}"


def cell(row: dict[str, Any] | None) -> str:
    """A value, and its standard error in a line below."""
    if row is None:
        return ""
    error = "" if row["standard_error"] is None else f"\n± {row['standard_error']:.2g}"
    return f"{number(row['value'])}{error}"
