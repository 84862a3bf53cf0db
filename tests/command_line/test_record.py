"""The record of a sweep, and the lines that are printed of it."""

from pathlib import Path
from time import time

import pytest

from aevb.command_line.sweeps import record
from aevb.command_line.sweeps.lines import ended


def job(number: int) -> record.Job:
    return record.Job(number, f"a-{number}", [f"a={number}"], "finished", 1.5, 3.0)


def test_the_jobs_of_an_earlier_time_are_counted_and_take_no_time(tmp_path: Path) -> None:
    for i in range(8):
        record.add(tmp_path, job(i))
    record.begin(tmp_path, total=10, before=8)
    record.add(tmp_path, job(8))
    read = record.read(tmp_path)
    assert ended(read.jobs[-1], read).startswith("[9/10] a-8 finished with 1.5")
    so_far = record.Record(10, time() - 60, read.jobs, before=8)
    assert so_far.seconds_left() == pytest.approx(60, abs=1)
    record.add(tmp_path, job(9))
    read = record.read(tmp_path)
    assert ended(read.jobs[-1], read) == "[10/10] a-9 finished with 1.5000 in 3 s"


def test_a_record_without_earlier_jobs_counts_its_own(tmp_path: Path) -> None:
    (tmp_path / record.NAME).write_text('{"total": 2, "began": 0.0}\n')
    record.add(tmp_path, job(0))
    assert record.read(tmp_path).ended == 1
