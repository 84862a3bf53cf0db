"""Files and folders: making them, and telling in plain words why a disk refuses."""

import csv
import errno
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from tempfile import TemporaryFile

from aevb.errors import UserError

WHY_A_DISK_REFUSES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "it is not permitted",
    errno.EPERM: "it is not permitted",
    errno.ENOENT: "there is no such folder",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EISDIR: "a folder of that name is in the way",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.EEXIST: "something that is not a folder is in the way",
    errno.ELOOP: "its symbolic links lead in a circle",
    errno.EFBIG: "the file would be larger than is allowed",
    errno.EIO: "the disk reports an error",
}
RUN_FOLDER_ADVICE = "Make room or choose another place, such as hydra.run.dir=/some/folder."


@contextmanager
def disk_errors(place: object, advice: str) -> Iterator[None]:
    """Turn what a disk refuses into a UserError that names the place and gives advice; any other OSError is a bug."""
    try:
        yield
    except OSError as error:
        if error.errno not in WHY_A_DISK_REFUSES or (error.filename is None and not output_takes_text()):
            raise
        raise UserError(f"{place} could not be written: {WHY_A_DISK_REFUSES[error.errno]}. {advice}") from error


def output_takes_text() -> bool:
    """Whether an empty line can be printed: the output may go to a file on a full disk, as in train > log.txt."""
    try:
        print(flush=True)
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """Make the folder of out=; UserError where the disk refuses it, or what is written within."""
    with disk_errors(shell_path(folder), "Choose another with out="):
        folder.mkdir(parents=True, exist_ok=True)
        yield


def ensure_writable(folder: Path) -> Path:
    """The folder, made and tried now, so that one that cannot be written shows before the work; UserError then."""
    with writing_into(folder), TemporaryFile(dir=folder):
        return folder


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Write beside the file and then rename, so that a full disk or a Ctrl-C leaves the old file whole.

    Two processes may write the same file at once: each has an unfinished file of its own.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_text_atomically(path: Path, text: str) -> None:
    """Write UTF-8, whatever the locale, as `write_atomically` does."""
    write_atomically(path, text.encode("utf-8"))


def write_csv_atomically(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write rows of values as comma-separated UTF-8, as `write_atomically` does."""
    content = StringIO(newline="")
    csv.writer(content).writerows(rows)
    write_text_atomically(path, content.getvalue())


def newest_file(files: Iterable[Path]) -> Path | None:
    """The one that was written last, among those that are there; None if there is none."""
    newest, when = None, -1.0
    for file in files:
        with suppress(OSError):  # a link that leads nowhere, or a run that is removed just now
            if file.stat().st_mtime > when:
                newest, when = file, file.stat().st_mtime
    return newest


def relative_to_cwd(path: Path) -> Path:
    """The path as a user in the current folder would type it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def shell_path(path: Path) -> str:
    """The same, ready to be pasted into a shell, also after run= or ckpt_path=.

    >>> shell_path(Path("my runs/a=1,b")), shell_path(Path("-x"))
    ("'my runs/a=1,b'", './-x')
    """
    text = str(relative_to_cwd(path))
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
