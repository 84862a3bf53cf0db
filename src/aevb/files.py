"""The folder of out=, where a command leaves its files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from aevb.errors import DISK, UserError
from aevb.train.report import shown


@contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """Make the folder; UserError where the disk refuses it, or what is written within."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno not in DISK:
            raise
        raise UserError(
            f"{shown(folder)} could not be written: {DISK[error.errno]}. Choose another with out="
        ) from error


def writable(folder: Path) -> Path:
    """The folder, made and tried now, so that one that cannot be written shows before the work; UserError then."""
    with writing_into(folder), TemporaryFile(dir=folder):
        return folder
