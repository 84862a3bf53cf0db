"""jobs.jsonl: what has become of the jobs of a sweep, a line for each, whichever process it ran in."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from json import JSONDecodeError
from pathlib import Path
from time import time
from typing import Any, Literal

NAME = "jobs.jsonl"

Outcome = Literal["finished", "finished before", "pruned", "failed"]


@dataclass(frozen=True)
class Job:
    """A job that has come to its end. value: what the command returned, if that is a number.

    reason: why it failed, or where it was pruned.
    """

    number: int
    folder: str
    options: list[str]
    outcome: Outcome
    value: float | None
    seconds: float
    reason: str = ""

    @property
    def described(self) -> str:
        """Its number and its options."""
        return f"job {self.number} ({', '.join(self.options)})"


@dataclass(frozen=True)
class Record:
    """The jobs of a sweep that have ended since it was last started.

    total: how many there are, if that is known. began: in seconds since 1970. before: how many of them had ended at an
    earlier time, and are no jobs of this one, as in a search that goes on.
    """

    total: int | None
    began: float
    jobs: list[Job]
    before: int = 0

    @property
    def ended(self) -> int:
        """How many jobs have ended, at whatever time."""
        return self.before + len(self.jobs)

    @property
    def failed(self) -> list[Job]:
        return [job for job in self.jobs if job.outcome == "failed"]

    def seconds_left(self) -> float | None:
        """How long the other jobs will take, at the pace of those that have run."""
        ran = [job for job in self.jobs if job.outcome != "finished before"]
        if self.total is None or not ran:
            return None
        return (time() - self.began) / len(ran) * (self.total - self.ended)


def begin(folder: Path, total: int | None, before: int = 0) -> None:
    """Begin a record, in the folder of the sweep, below those of earlier times."""
    _append(folder, {"total": total, "began": time(), "before": before})


def add(folder: Path, job: Job) -> None:
    """Add a job; several processes may do so at once."""
    _append(folder, asdict(job))


def read(folder: Path) -> Record:
    """What has happened since the sweep was last started; nothing where there is no record."""
    total, began, before = None, time(), 0
    jobs: list[Job] = []
    for line in lines(folder / NAME):
        if "began" in line:
            total, began, before, jobs = line["total"], line["began"], line.get("before", 0), []
        else:
            jobs.append(Job(**line))
    return Record(total, began, jobs, before)


def lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a record; one that a kill has cut short is left out."""
    found = []
    with suppress(FileNotFoundError):
        for line in path.read_text(encoding="utf-8").splitlines():
            with suppress(JSONDecodeError):
                found.append(json.loads(line))
    return found


def _append(folder: Path, content: dict[str, Any]) -> None:
    descriptor = os.open(folder / NAME, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        end = os.lseek(descriptor, 0, os.SEEK_END)
        whole = end == 0 or os.pread(descriptor, 1, end - 1) == b"\n"
        os.write(descriptor, ("" if whole else "\n").encode() + json.dumps(content).encode() + b"\n")
    finally:
        os.close(descriptor)
