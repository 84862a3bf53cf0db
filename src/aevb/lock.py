"""One writer at a time in a folder."""

import errno
import fcntl
import logging
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from aevb.errors import UserError
from aevb.files import RUN_FOLDER_ADVICE, disk_errors, shell_path

NAME = ".lock"
TRIES, SECONDS = 5, 0.02  # another process may just look whether there is a lock, which takes one for a moment
NO_LOCKS_HERE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}  # some network file systems

log = logging.getLogger(__name__)


OF_A_RUN = (
    "is writing a run there. Choose another folder, such as hydra.run.dir=/some/folder, or wait until it has ended."
)


@contextmanager
def locked(folder: Path, held: str = OF_A_RUN) -> Iterator[None]:
    """Make the folder and hold its lock; raises UserError at once where another process holds it.

    held: what that process does there, and what to do about it, to follow its name.

    The kernel keeps the lock, flock(2), and lets go of it when this process ends, in whatever way.
    """
    with disk_errors(shell_path(folder), RUN_FOLDER_ADVICE):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = _lock(folder / NAME, held)
    try:
        yield
    finally:
        if descriptor is not None:
            (folder / NAME).unlink(missing_ok=True)
            os.close(descriptor)


def holder(folder: Path) -> int | None:
    """The process of this machine that holds the folder's lock; None if there is none."""
    try:
        text = (folder / NAME).read_text()
    except (OSError, ValueError):
        return None
    found = re.fullmatch(rf"process (\d+) on {re.escape(socket.gethostname())}\n", text)
    return int(found[1]) if found and is_locked(folder) else None


def is_locked(folder: Path) -> bool:
    """Whether a run is writing into the folder just now."""
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _lock(path: Path, held: str) -> int | None:
    """A descriptor that holds the lock; None where the file system knows no locks."""
    tries = TRIES
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, descriptor):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
                return descriptor
            os.close(descriptor)  # whoever held it has just removed it
        except BlockingIOError:
            if (tries := tries - 1) > 0:
                os.close(descriptor)
                sleep(SECONDS)
                continue
            owner = os.read(descriptor, 1000).decode(errors="replace").strip() or "another process"
            os.close(descriptor)
            raise UserError(f"{shell_path(path.parent)} is in use: {owner} {held}") from None
        except OSError as error:
            os.close(descriptor)
            if error.errno not in NO_LOCKS_HERE:
                raise
            log.warning("%s is on a file system without locks: start no second run there.", path.parent)
            return None


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
