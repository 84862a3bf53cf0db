"""Images and what the model makes of them."""

from matplotlib.figure import Figure
from torch import Tensor

from aevb.checks import true_or_false, whole_number
from aevb.figures.canvas.image_rows import image_rows

FEW = 3  # numbers of a code that are written without being asked for
MOST = 10  # numbers of a code that are written


def reconstructions(x: Tensor, reconstruction: Tensor, z: Tensor, *, n: int = 10, codes: bool | None = None) -> Figure:
    """The first n images (N, C, H, W) over their reconstructions, and these over the numbers of their codes (N, D).

    codes: whether to write the codes, at most their first 10 numbers. None: where they have at most 3.
    """
    n = whole_number("n", n)
    written = z.shape[1] <= FEW if codes is None else true_or_false("codes", codes)
    rows = {"original": x[:n], "reconstruction": reconstruction[:n]}
    if not written:
        return image_rows(rows, "Reconstructions")
    return image_rows(rows, "Reconstructions and codes", [_numbers(code) for code in z[:n].tolist()])


def _numbers(code: list[float]) -> str:
    """A number a line."""
    lines = [f"{round(value, 2) + 0.0:.2f}".replace("-", "−") for value in code[:MOST]]  # + 0.0: no negative zero
    return "\n".join([*lines, *([f"… of {len(code)}"] if len(code) > MOST else [])])
