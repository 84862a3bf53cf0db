"""Text for a terminal: numbers, tables, progress, commands to type."""

import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from aevb.files import relative_to_cwd

T = TypeVar("T")


def format_number(value: float) -> str:
    """A figure with as many decimals as are worth reading: two from 10 on, four below.

    >>> format_number(-1234.567), format_number(0.1)
    ('-1,234.57', '0.1000')
    """
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.4f}"


def duration(seconds: float) -> str:
    """A time, in the unit that suits it.

    >>> duration(7.4), duration(100), duration(3 * 3600 + 120), duration(2.5 * 86400)
    ('7 s', '1 min 40 s', '3 h 2 min', '2 d 12 h')
    """
    whole = round(seconds)
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    counted = []
    for name, size in units:
        count, whole = divmod(whole, size)
        counted.append((count, name))
    first = next((i for i, (count, _) in enumerate(counted) if count), len(units) - 1)
    return " ".join(f"{count} {name}" for count, name in counted[first : first + 2] if count) or "0 s"


def wide_console() -> Console:
    """A console for tables of numbers: as wide as the terminal; 110 columns without one, where rich assumes 80."""
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if known else 110)


def progress_bar(sequence: Sequence[T], description: str) -> Iterable[T]:
    """Go through a sequence with a progress bar on a terminal, and without one elsewhere."""
    console = Console()
    return track(sequence, description, console=console, transient=True, disable=not console.is_terminal)


def shell_command(module: str, *arguments: str) -> str:
    """A command line that runs a module with this very Python, ready to be pasted into a shell here."""
    return shlex.join([str(relative_to_cwd(Path(sys.executable))), "-m", module, *arguments])
