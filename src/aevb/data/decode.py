"""Image files as grey levels."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, ImageSequence

from aevb.data.grey_levels import grey_levels

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
GREY = ("1", "L", "LA", "La", "F")  # modes of PIL, with those that begin with I
DEEP = ("I", "F")  # modes of more than 8 bits
NOT_AN_IMAGE = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)


class Header(NamedTuple):
    """What a file says about its images: their size, upright, and whether all are grey."""

    height: int
    width: int
    grey: bool


def header(path: Path) -> Header:
    """What can be told of a file without decoding it; raises one of NOT_AN_IMAGE."""
    with Image.open(path) as image:
        sideways = image.getexif().get(0x0112, 1) >= 5  # the orientations that turn an image by a quarter
        width, height = image.size[::-1] if sideways else image.size
        palette = image.getpalette() if image.mode == "P" else None
        grey = _is_grey(image.mode) or (palette is not None and _is_grey_palette(palette))
        return Header(height, width, grey)


def decoded(path: Path) -> Iterator[NDArray[np.uint8]]:
    """The images of a file, upright, uint8 (H, W, 1 or 3): every page of a TIFF, the first frame of anything else.

    Palettes become colours, 16 bits become 8, and what is transparent shows white paper. Raises one of NOT_AN_IMAGE.
    """
    with Image.open(path) as image:
        pages = ImageSequence.Iterator(image) if image.format == "TIFF" else [image]
        for page in pages:
            yield _pixels(ImageOps.exif_transpose(page))


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith(DEEP):
        values = np.asarray(image)
        if np.issubdtype(values.dtype, np.integer):
            values = _of_16_bits(values)
        return grey_levels(values)[..., None]
    if image.mode in ("RGBA", "LA", "La", "PA", "RGBa") or "transparency" in image.info:
        grey = _is_grey(image.mode)
        seen = image.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        image = Image.alpha_composite(paper, seen).convert("L" if grey else "RGB")
    elif image.mode == "P" and (palette := image.getpalette()) and _is_grey_palette(palette):
        image = image.convert("L")
    elif image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return np.atleast_3d(np.array(image, dtype=np.uint8))


def _of_16_bits(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """What PIL opens with 32 bits is an image of 16."""
    wide = values.astype(np.int64)
    if wide.min(initial=0) < 0 or wide.max(initial=0) > 65535:
        raise ValueError(f"pixels from {wide.min()} to {wide.max()}: expected those of 16 bits, 0 to 65535")
    return wide.astype(np.uint16)


def _is_grey(mode: str) -> bool:
    return mode in GREY or mode.startswith("I")


def _is_grey_palette(palette: list[int]) -> bool:
    colours = np.array(palette).reshape(-1, 3)
    return bool((colours == colours[:, :1]).all())
