"""The table of a sweep, at its end."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aevb.command_line.sweeps import record
from aevb.command_line.sweeps.watch import Watch
from aevb.errors import UserError


@contextmanager
def table_at_the_end() -> Iterator[None]:
    """Compare the runs of the sweep that was started within, also where jobs of it failed."""
    try:
        yield
    except Exception:
        with suppress(UserError):  # what has failed is said afterwards
            _compare()
        raise
    _compare()


def _compare() -> None:
    folder = Watch.folder
    if folder is None:
        return
    jobs = record.read(folder)
    if not jobs.jobs or jobs.ended < 2:
        return
    from aevb.compare.run import compare  # draws, and --help does not need it

    compare([str(folder)], folder)
