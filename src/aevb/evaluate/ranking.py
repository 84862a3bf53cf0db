"""One table for several runs, ranked where that makes sense."""

from typing import Any

from rich.table import Table

from aevb.evaluate.result import Kind
from aevb.terminal import format_number, wide_console

Row = dict[str, Any]  # a Result and what it was measured under, as evaluation.json has them
Criterion = tuple[Kind, int | None]  # what runs are ranked by, and its number of samples

COLUMNS = ("elbo", "loss", "squared_error", "linear_probe_accuracy", "frechet_distance")
MUST_AGREE = ("likelihood", "binarize", "pixel_range", "data", "image_shape", "split", "num_images", "images_sha256")
SMALLER_IS_BETTER = (Kind.SQUARED_ERROR,)


def print_comparison(evaluations: list[dict[str, Any]]) -> None:
    """Print a row for each run: ranked where all were measured in the same way, and otherwise not, saying why."""
    results = [{row["name"]: row for row in evaluation["results"]} for evaluation in evaluations]
    criterion, reasons = ranking(evaluations)
    order = list(range(len(evaluations)))
    if criterion:
        values = [rows_by_kind(evaluation)[criterion]["value"] for evaluation in evaluations]
        order.sort(key=lambda i: values[i], reverse=criterion[0] not in SMALLER_IS_BETTER)
    ranked_by = rows_by_kind(evaluations[0])[criterion]["name"] if criterion else None
    table = Table(title=f"{len(evaluations)} runs, ranked by {ranked_by}" if ranked_by else "not ranked")
    if ranked_by:
        table.add_column("rank", justify="right")
    table.add_column("run", overflow="fold")
    table.add_column("measured on", overflow="fold")
    names = columns(evaluations)
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for place, i in enumerate(order):
        cells = [measured_on(evaluations[i]["protocol"]), *(cell(results[i].get(name)) for name in names)]
        table.add_row(*([str(place + 1)] if ranked_by else []), evaluations[i]["run"], *cells)
    wide_console().print(table)
    if reasons:
        print(f"Not ranked: {' '.join(reasons)}")


def ranking(evaluations: list[dict[str, Any]]) -> tuple[Criterion | None, list[str]]:
    """What the runs may be ranked by, or None and the reasons why they may not."""
    reasons: list[str] = []
    for name in MUST_AGREE:
        values: dict[str, list[str]] = {}
        for evaluation in evaluations:
            values.setdefault(str(evaluation["protocol"][name]), []).append(evaluation["run"])
        if len(values) > 1 and not (name == "images_sha256" and reasons):
            told = "; ".join(f"{value[:16]}: {', '.join(runs)}" for value, runs in values.items())
            reasons.append(f"the runs differ in {name} ({told}).")
    if reasons:
        return None, [*reasons, "Their nats are not comparable."]
    tables = [rows_by_kind(evaluation) for evaluation in evaluations]
    shared = set.intersection(*(set(table) for table in tables))
    # The kinds in the order in which they are listed, and the most samples first.
    for criterion in sorted(shared, key=lambda pair: (list(Kind).index(pair[0]), -(pair[1] or 0))):
        if len({table[criterion]["num_images"] for table in tables}) == 1:
            return criterion, []
    return None, ["no result that could rank them was measured on the same images of all runs."]


def rows_by_kind(evaluation: dict[str, Any]) -> dict[Criterion, Row]:
    """The results that runs are ranked by; the number of samples counts for importance sampling only."""
    return {
        (Kind(row["kind"]), row["num_samples"] if row["kind"] == Kind.LOG_PX else None): row
        for row in evaluation["results"]
        if row["kind"]
    }


def columns(evaluations: list[dict[str, Any]]) -> list[str]:
    """The names of the results that are shown: of log p(x), the exact one and that with the most samples."""
    rows = [row for evaluation in evaluations for row in evaluation["results"]]
    exact = [row["name"] for row in rows if row["kind"] == Kind.LOG_PX_EXACT]
    sampled = [row for row in rows if row["kind"] == Kind.LOG_PX]
    most = [max(sampled, key=lambda row: row["num_samples"])["name"]] if sampled else []
    measured = {row["name"] for row in rows}
    return list(dict.fromkeys([*exact, *most, *(name for name in COLUMNS if name in measured)]))


def measured_on(protocol: dict[str, Any]) -> str:
    """The protocol in a few words."""
    likelihood = protocol["likelihood"] or "no likelihood"
    return f"{protocol['data_name']} {protocol['split']}, {protocol['binarize']}, {likelihood}"


def cell(row: Row | None) -> str:
    """A value, and its standard error in a line below."""
    if row is None:
        return ""
    error = "" if row["standard_error"] is None else f"\n± {row['standard_error']:.2g}"
    return f"{format_number(row['value'])}{error}"
