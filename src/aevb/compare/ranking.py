"""By what runs may be ranked, and why they may not."""

from collections.abc import Mapping, Sequence
from typing import Any

from aevb.compare.outcomes import Outcome
from aevb.compare.rows import Figure, Row, figures

LARGER_IS_BETTER = ("elbo",)
OF_THE_DATA = ("name", "binarize", "range", "image_shape", "split_sizes", "scored")


def criterion(table: Sequence[Row]) -> tuple[Figure | None, list[str]]:
    """The figure that runs are ranked by, or None and the reasons why they may not be ranked.

    It is of the validation images, where there are any, so that the test images choose nothing; and the ELBO of models
    that have one, which means the same whatever loss they were trained with.
    """
    finished = [row for row in table if row.num_seeds]
    if not finished:
        return None, []
    runs = [run for row in finished for run in row.runs]
    shared = [figure for figure in figures(finished) if all(row.values(figure) for row in finished)]
    for name in ("elbo", "loss"):
        for stage in ("validation", "test"):
            if (stage, name) in shared:
                reasons = _differences(runs, name)
                return (None if reasons else (stage, name)), reasons
    return None, ["no figure was measured of all runs."]


def is_better(figure: Figure, value: float, other: float) -> bool:
    return value > other if figure[1] in LARGER_IS_BETTER else value < other


def not_comparable(runs: Sequence[Outcome]) -> list[str]:
    """Why the figures that runs are selected by are none of the same thing; nothing where they are.

    A run that was pruned has not been tested, so that it is not known how many images were scored.
    """
    selected = [run.facts.get("selected_by") or _usual(run) for run in runs]
    name = selected[0] if len({*selected}) == 1 else "loss"
    return _differences(runs, name, {"the figure that they are selected by": selected})


def _usual(run: Outcome) -> str:
    """What a run was most likely selected by that does not say so, since it is of an earlier version."""
    return "elbo" if "elbo" in run.facts["units"] else "loss"


def _differences(runs: Sequence[Outcome], name: str, facts: Mapping[str, list[Any]] | None = None) -> list[str]:
    """What makes the figures of runs no measure of the same thing. facts: more of what they may differ in, by name."""
    known = [fact for fact in OF_THE_DATA if fact != "scored" or all(fact in run.facts["data"] for run in runs)]
    facts = {**(facts or {}), **{f"data.{fact}": [run.facts["data"].get(fact) for run in runs] for fact in known}}
    choices = [run.facts["choices"] for run in runs]
    facts["likelihood"] = [made.get("likelihood") for made in choices]
    facts["unit"] = [run.facts["units"].get(name) for run in runs]
    if name == "loss":
        bounds = all("elbo" in run.facts["units"] for run in runs)  # of the same thing, whatever the model
        facts |= {part: [made.get(part) for made in choices] for part in (("loss",) if bounds else ("loss", "model"))}
    reasons = []
    for fact, values in facts.items():
        if len(different := sorted({str(value) for value in values})) > 1:
            reasons.append(f"the runs differ in {fact} ({', '.join(different)}).")
    return [*reasons, f"Their {name} is not comparable."] if reasons else []
