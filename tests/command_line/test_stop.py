"""The jobs of a sweep end with it, and not before they have saved."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from aevb.command_line.sweeps.stop import LONGEST, holders, stop_jobs, wait_for_jobs
from aevb.lock import locked
from tests.conftest import CONF

JOB = """
import sys, time
from pathlib import Path
from aevb.command_line.sweeps.stop import EndWithSweep
from aevb.lock import locked
from aevb.signals import unwinding

job = Path(sys.argv[1])
EndWithSweep(job.parent).start()
with locked(job), unwinding():
    try:
        print("at work", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        time.sleep(0.5)
        (job / "saved").touch()
"""


@contextmanager
def job(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that takes half a second to save and to end when it has to."""
    environment = {**os.environ, "PYTHONPATH": str(CONF.parent / "src")}
    with subprocess.Popen(
        [sys.executable, "-c", JOB, str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        yield process
        process.kill()


def test_a_sweep_that_is_stopped_waits_until_its_jobs_are_saved(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with locked(tmp_path), job(tmp_path / "a") as a, job(tmp_path / "b") as b:
        assert sorted(holders(tmp_path)) == sorted([a.pid, b.pid])
        began = monotonic()
        stop_jobs(tmp_path)
        assert monotonic() - began < LONGEST
        assert holders(tmp_path) == []
    assert all((tmp_path / name / "saved").exists() for name in "ab")
    assert "2 running jobs are saved" in capfd.readouterr().err


def test_the_job_of_a_sweep_that_is_killed_saves_and_ends(tmp_path: Path) -> None:
    ready, tell = os.pipe()
    sweep = os.fork()
    if sweep == 0:
        with locked(tmp_path):
            os.write(tell, b"1")
            signal.pause()
    os.read(ready, 1)
    with job(tmp_path / "a") as process:
        os.kill(sweep, signal.SIGKILL)
        os.waitpid(sweep, 0)
        with locked(tmp_path):  # as soon as it is started again
            wait_for_jobs(tmp_path)
            assert (tmp_path / "a" / "saved").exists()
        assert process.wait(LONGEST) != 0
