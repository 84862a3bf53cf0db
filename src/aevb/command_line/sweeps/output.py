"""Where the output of a job goes that runs beside others."""

import os
import sys
from pathlib import Path

FILE = "output.txt"


class Output:
    """What a process prints, in a file of its job."""

    def __init__(self, folder: Path) -> None:
        _flush()
        self.terminal = [(stream, os.dup(stream)) for stream in (1, 2)]
        descriptor = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        for stream, _ in self.terminal:
            os.dup2(descriptor, stream)
        os.close(descriptor)

    def give_back(self) -> None:
        """From now on it goes where it went before."""
        _flush()
        for stream, before in self.terminal:
            os.dup2(before, stream)
            os.close(before)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
