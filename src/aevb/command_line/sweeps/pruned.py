"""pruned.json: that a job of a search was ended early, since others promise more."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from aevb.errors import UserError
from aevb.files import shell_path, write_text_atomically

NAME = "pruned.json"


@dataclass(frozen=True)
class Pruned:
    """Where a job was ended, in place of the figure that others return. No failure.

    epoch: the last of `epochs`. figure, value: its validation figure, such as val/elbo. overrides: the
    options that the job was given. facts: what the figure is of, as in metrics.json.
    """

    epoch: int
    epochs: int
    figure: str
    value: float
    overrides: list[str]
    facts: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"after epoch {self.epoch} of {self.epochs}, with {self.figure} {self.value:.6g}"

    def write(self, folder: Path) -> None:
        write_text_atomically(folder / NAME, json.dumps(asdict(self)) + "\n")


def read(folder: Path) -> Pruned | None:
    """What a job has left in its folder; None where it was not pruned."""
    path = folder / NAME
    try:
        return Pruned(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{shell_path(path)} is not what a job writes: delete it") from error
