"""A picture: what a figure function returns, and the file it becomes."""

from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure

from aevb.figures.canvas.animation import Animation
from aevb.files import write_atomically

Picture = Figure | Animation


def save(picture: Picture, folder: Path, name: str) -> Path:
    """Write <folder>/<name>.png, or .gif for an animation; returns its path."""
    path = folder / f"{name}{'.gif' if isinstance(picture, Animation) else '.png'}"
    content = BytesIO()
    picture.savefig(content)
    write_atomically(path, content.getbuffer())
    return path
