"""Files of torch.save, of which every byte is checked when they are read."""

import io
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from aevb.files import write_atomically

MARK = b"aevb sha256 "
SIZE = sha256().digest_size
ZIP_BEGINS, ZIP_ENDS, END_SIZE = b"PK\x03\x04", b"PK\x05\x06", 22  # of the record at the end, without a comment


class Unreadable(ValueError):
    """A file is not what was written: cut short, changed, or something else."""


def write_sealed(path: Path, content: Any) -> None:
    """Save plain data and tensors, as torch.save does, with the SHA-256 of the file at its end.

    The digest is the comment of the zip archive that torch writes, so that torch.load(path, weights_only=True) reads
    the file like any other. An old file stays until the new one is whole.
    """
    file = io.BytesIO()  # in memory, because torch's own writer hides why a disk failed
    torch.save(content, file)
    file.seek(-2, io.SEEK_END)
    file.write((len(MARK) + SIZE).to_bytes(2, "little") + MARK)  # the archive ends with the length of its comment
    with file.getbuffer() as so_far:
        digest = sha256(so_far).digest()
    file.write(digest)
    write_atomically(path, file.getbuffer())


def read_sealed(path: Path) -> Any:
    """What a file holds, with its tensors on the CPU; no code in it is run.

    A file without a digest, of torch.save itself, is taken where the CRC-32 of each of its records is right.

    Raises Unreadable, before anything is unpickled, if a byte of the file has changed, and if it holds more than plain
    data and tensors; OSError where it cannot be opened.
    """
    with path.open("rb") as file:
        if file.read(len(ZIP_BEGINS)) != ZIP_BEGINS:  # before gigabytes of something else are read
            raise Unreadable("it is no file of torch.save")
        content = ZIP_BEGINS + file.read()
    if not _is_whole(content):
        raise Unreadable("it was cut short or changed")
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # bytes that were made to be misread can raise anything in an unpickler
        raise Unreadable("it holds more than plain data and tensors") from error


def _is_whole(content: bytes) -> bool:
    body = memoryview(content)[:-SIZE]
    if body[-len(MARK) :] == MARK:
        return sha256(body).digest() == content[-SIZE:]
    end = content[-END_SIZE:]
    return end.startswith(ZIP_ENDS) and end.endswith(b"\0\0") and _has_right_sums(content)  # an archive with no comment


def _has_right_sums(content: bytes) -> bool:
    """Whether each record is stored as it is, and has the CRC-32 that the archive gives for it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            stored = all(record.compress_type == zipfile.ZIP_STORED for record in archive.infolist())
            return stored and archive.testzip() is None
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, RuntimeError):
        return False
