"""Lightning's own complaints, as a message."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

import lightning
from lightning.fabric.utilities.exceptions import MisconfigurationException

from aevb.errors import UserError


@contextmanager
def plain_complaints() -> Iterator[None]:
    """Turn what Lightning raises about options of the trainer and of callbacks into a UserError.

    An error that only passes through its code, or that Python raises there, is a bug and stays.
    """
    try:
        yield
    except (MisconfigurationException, RuntimeError, ValueError) as error:
        last = extract_tb(error.__traceback__)[-1]
        by_lightning = Path(lightning.__file__).parent in Path(last.filename).parents
        if not (by_lightning and (last.line or "").startswith("raise")):
            raise
        raise UserError(f"Lightning, of the options trainer or callbacks: {' '.join(str(error).split())}") from error
