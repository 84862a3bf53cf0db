"""What the jobs of a sweep share: cores, memory, GPUs."""

import os
from pathlib import Path

MEMORY_OF_A_JOB = 2 * 2**30  # bytes: torch, Lightning and a set of small images


def jobs_at_once() -> int:
    """How many jobs this machine runs at once: one for each GPU; without one, as cores and free memory allow."""
    if gpus := visible_gpus():
        return len(gpus)
    return max(1, min(num_cores(), _free_memory() // MEMORY_OF_A_JOB))


def cores_of_a_job() -> int:
    """How many cores each of the jobs that run at once has."""
    return max(1, num_cores() // jobs_at_once())


def cores_of_all_jobs() -> int:
    """How many cores the jobs that run at once have together: a scheduler of cores then runs no more at once."""
    return cores_of_a_job() * jobs_at_once()


def gpus_of_a_job() -> int:
    """1 where there is a GPU, else 0."""
    return int(bool(visible_gpus()))


def num_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def visible_gpus() -> list[str]:
    """The names of the GPUs that CUDA would show, found without torch."""
    if (chosen := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [name for name in chosen.split(",") if name.strip() and name.strip() != "-1"]
    return sorted(path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))


def take_share(number: int, at_once: int) -> None:
    """Leave cores and GPUs to the other jobs: a process takes its share once, before torch is imported.

    number: of the first job of this process. at_once: how many jobs there are at a time.
    """
    if "AEVB_SHARE" in os.environ:
        return
    os.environ["AEVB_SHARE"] = str(number)
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, num_cores() // at_once)))
    if len(gpus := visible_gpus()) > 1:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[number % len(gpus)]


def _free_memory() -> int:
    """In bytes; without a limit where it is not known."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        (available,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return int(available) * 1024
    except (OSError, ValueError):
        return 2**62
