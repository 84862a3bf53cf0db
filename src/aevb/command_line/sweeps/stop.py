"""The end of jobs that run beside others, when their sweep is stopped."""

import os
import signal
import sys
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

from aevb.lock import holder
from aevb.signals import GRACE, at_work, catch_signals

SECONDS = 0.2  # between two looks
LONGEST = GRACE + 5.0  # seconds that a job may take to save and to end


def stop_jobs(sweep: Path) -> None:
    """Have the jobs on this machine save a checkpoint and end, and wait for them."""
    jobs = holders(sweep)
    for job in jobs:
        os.kill(job, signal.SIGTERM)
    if jobs:
        count = "the running job is" if len(jobs) == 1 else f"{len(jobs)} running jobs are"
        os.write(2, f"\nStopping as soon as {count} saved; the same again stops at once.\n".encode())
    deadline = monotonic() + LONGEST
    while holders(sweep) and monotonic() < deadline:
        sleep(SECONDS)


def wait_for_jobs(sweep: Path) -> None:
    """Wait for jobs that are left of an earlier start of the sweep."""
    if jobs := holders(sweep):
        print(f"Waiting for {len(jobs)} jobs of an earlier start, which have to save or end.", flush=True)
    while holders(sweep):
        sleep(SECONDS)


def holders(sweep: Path) -> list[int]:
    """The processes of this machine that write into the folders of a sweep's jobs."""
    found = (holder(lock.parent) for lock in sweep.glob("*/.lock"))
    return [process for process in found if process is not None and process != os.getpid()]


class EndWithSweep(Thread):
    """Ends this process, which runs a job, when that of the sweep has ended; the job is saved before."""

    def __init__(self, sweep: Path) -> None:
        super().__init__(daemon=True)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # submitit ignores it
        catch_signals()
        self.sweep, self.process = sweep, holder(sweep)

    def run(self) -> None:
        while holder(self.sweep) == self.process:
            sleep(SECONDS)
        if at_work():
            os.kill(os.getpid(), signal.SIGTERM)
        deadline = monotonic() + LONGEST
        while at_work() and monotonic() < deadline:
            sleep(SECONDS)
        sys.stdout.flush()
        os._exit(1)
