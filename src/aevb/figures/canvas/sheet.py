"""The sheet that a picture is drawn on."""

from textwrap import wrap
from typing import Any

from matplotlib.figure import Figure

DPI = 180
FONT = 9  # points
LETTER = 0.55  # width of a letter, in font sizes


def sheet(width: float, height: float) -> Figure:
    """A figure of a size in inches.

    TensorBoard shows a picture about 350 pixels wide, whatever its size: text can be read there if the sheet is small,
    and on paper since it has many dots to the inch.
    """
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def set_title(axes: Any, title: str) -> None:
    """A title over the axes, in lines that are no longer than the sheet is wide."""
    letters = int(axes.figure.get_figwidth() * 72 / (LETTER * FONT))
    axes.set_title("\n".join(wrap(title, letters)), fontsize=FONT)
