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
