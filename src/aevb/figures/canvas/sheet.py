"""The sheet that a picture is drawn on."""

from textwrap import wrap
from typing import Any

from matplotlib.figure import Figure

DPI = 180
FONT = 9  # points
ASIDE = 0.7  # inches that labels may take on one side
LETTER = 0.55  # width of a letter, in font sizes


def sheet(width: float, height: float) -> Figure:
    """A figure of a size in inches.

    TensorBoard shows a picture about 350 pixels wide, whatever its size: text can be read there if the sheet is small,
    and on paper since it has many dots to the inch.
    """
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def set_title(axes: Any, title: str) -> None:
    """A title over the axes, in lines that fit on the sheet: axes with labels are not in its middle."""
    axes.set_title(wrapped(title, axes.figure.get_figwidth() - ASIDE), fontsize=FONT)


def wrapped(title: str, width: float) -> str:
    """A title in lines of at most this width in inches."""
    letters = int(width * 72 / (LETTER * FONT))
    return "\n".join(part for line in title.splitlines() for part in wrap(line, letters))
