"""Whether the trials of a search can be told apart by their figures."""

from collections.abc import Iterable
from pathlib import Path

from aevb.compare.outcomes import Outcome, outcome
from aevb.compare.ranking import not_comparable
from aevb.errors import UserError
from aevb.files import shell_path


class Comparable:
    """Holds each trial against the first. sweep: the folder with theirs."""

    def __init__(self, sweep: Path) -> None:
        self.sweep = sweep
        self.first: Outcome | None = None
        self.known: set[str] = set()

    def check(self, jobs: Iterable[str]) -> None:
        """Raise UserError for the first job, by its folder, whose figure measures something else."""
        for job in jobs:
            folder = self.sweep / job
            if job in self.known or not (folder / "config.yaml").exists():
                continue
            self.known.add(job)
            run = outcome(folder)
            if not run.facts:
                continue
            self.first = self.first or run
            if reasons := not_comparable([self.first, run]):
                why = "; ".join(reason.removesuffix(".") for reason in reasons)
                raise UserError(
                    f"The search cannot tell which is better, {shell_path(self.first.folder)} or {shell_path(folder)}: "
                    f"{why}. It ends here, and the jobs that have run stay. Search over these one at a time, each "
                    f"under a sweep=<name> of its own."
                )
