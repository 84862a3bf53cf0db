"""Lightning's own complaints, as a message."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

import lightning
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException

from aevb.errors import UserError

OPTIONS = {  # by the library that complains of them
    str(lightning.__file__): "Lightning, of the options trainer or callbacks",
    str(torch.optim.__file__): "torch, of the options optimizer or scheduler",
}


@contextmanager
def plain_complaints() -> Iterator[None]:
    """Turn what Lightning says of the trainer and of callbacks, and torch of its optimisers, into a UserError.

    An error that only passes through its code, or that Python raises there, is a bug and stays.
    """
    try:
        yield
    except (MisconfigurationException, RuntimeError, ValueError) as error:
        last = extract_tb(error.__traceback__)[-1]
        folders = Path(last.filename).parents
        options = [words for library, words in OPTIONS.items() if Path(library).parent in folders]
        if not (options and (last.line or "").startswith("raise")):
            raise
        raise UserError(f"{options[0]}: {' '.join(str(error).split())}") from error
