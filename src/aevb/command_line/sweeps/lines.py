"""A line in the terminal for each job of a sweep that has ended."""

from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

from aevb.command_line.sweeps import record
from aevb.terminal import duration, format_number

SECONDS = 0.2  # between two looks at the record


def ended(job: record.Job, sweep: record.Record) -> str:
    """A line about a job that has ended.

    sweep: the record at that time.
    """
    count = f"{sweep.ended}/{sweep.total}" if sweep.total else f"{sweep.ended}"
    value = "" if job.value is None else f" with {format_number(job.value)}"
    left = sweep.seconds_left()
    rest = f"; about {duration(left)} left" if left else ""
    took = "" if job.outcome == "finished before" else f" in {duration(job.seconds)}"
    reason = f": {job.reason.splitlines()[0]}" if job.reason else ""
    return f"[{count}] {job.folder} {job.outcome}{value}{took}{rest}{reason}"


class Lines(Thread):
    """Prints the lines of jobs that run in other processes, as they end."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder = folder
        self.printed = 0
        self.over = Event()

    def run(self) -> None:
        while not self.over.wait(SECONDS):
            self.print_new()
        self.print_new()

    def print_new(self) -> None:
        """Print those that have ended since the last look."""
        sweep = record.read(self.folder)
        for i in range(self.printed, len(sweep.jobs)):
            print(ended(sweep.jobs[i], replace(sweep, jobs=sweep.jobs[: i + 1])), flush=True)
        self.printed = len(sweep.jobs)

    def end(self) -> None:
        self.over.set()
        self.join()
