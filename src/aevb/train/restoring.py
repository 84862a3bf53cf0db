"""Restoring the state of a run, which a changed checkpoint may not have."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

from lightning.pytorch.trainer.connectors import checkpoint_connector

from aevb.errors import UserError


@contextmanager
def restoring(path: Path | None) -> Iterator[None]:
    """Turn what Lightning raises while it restores the state in a checkpoint into a UserError that names the file.

    Callbacks, loops, optimisers and metrics each take their own part of it, and say in their own ways that it is not
    theirs. What is raised afterwards, while training, is left as it is.
    """
    try:
        yield
    except Exception as error:
        restored = any(frame.filename == checkpoint_connector.__file__ for frame in extract_tb(error.__traceback__))
        if path is None or isinstance(error, UserError) or not restored:
            raise
        raise UserError(
            f"{path} was not written by training, or was changed: its state cannot be restored "
            f"({type(error).__name__}: {str(error)[:500]}). Use another checkpoint of that run."
        ) from error
