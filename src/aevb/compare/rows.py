"""Rows of a comparison: one for each combination of options, over its seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from aevb.compare.columns import value_of
from aevb.compare.outcomes import Outcome

Figure = tuple[str, str]  # a stage (test, validation) and the name of a quantity


@dataclass(frozen=True)
class Row:
    """A combination of options. options: by the names of the columns. runs: those of its seeds."""

    options: dict[str, Any]
    runs: tuple[Outcome, ...]

    @property
    def state(self) -> str:
        return self.runs[0].state

    @property
    def num_seeds(self) -> int:
        return sum(len(run.seeds) for run in self.runs)

    @property
    def seconds(self) -> float | None:
        """Of training, on the average over seeds."""
        if not self.num_seeds:
            return None
        return float(sum(run.facts["seconds"] for run in self.runs)) / self.num_seeds

    def values(self, figure: Figure) -> list[float]:
        """A figure of each seed; none where it was not measured."""
        stage, name = figure
        return [scores[stage][name] for run in self.runs for scores in run.scores if name in scores[stage]]

    def mean(self, figure: Figure) -> float | None:
        values = self.values(figure)
        return mean(values) if values else None

    def deviation(self, figure: Figure) -> float | None:
        """The standard deviation over seeds, of a sample; None for fewer than two."""
        values = self.values(figure)
        return stdev(values) if len(values) > 1 else None


def rows(runs: Sequence[Outcome], columns: Sequence[str]) -> list[Row]:
    """A row for each combination of the columns' options, and for each run that is not finished.

    A seed that a combination has twice is a run of its own, not one seed more.
    """
    groups: dict[tuple[str, ...], list[Outcome]] = {}
    for run in runs:
        key = tuple(repr(value_of(run, name)) for name in columns)
        if not run.finished:
            key = (*key, str(run.folder))
        repeated = 0
        while any({*run.seeds} & {*other.seeds} for other in groups.get((*key, str(repeated)), [])):
            repeated += 1
        groups.setdefault((*key, str(repeated)), []).append(run)
    return [Row({name: value_of(group[0], name) for name in columns}, tuple(group)) for group in groups.values()]


def figures(table: Sequence[Row]) -> list[Figure]:
    """What was measured of any row, in the order of the stages; without sums over a data set."""
    names = {
        (stage, name): run.facts["units"].get(name, "")
        for stage in ("test", "validation")
        for row in table
        for run in row.runs
        for scores in run.scores
        for name in scores[stage]
    }
    return [figure for figure, unit in names.items() if "data set" not in unit]
