"""The runs that a path stands for."""

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from aevb.errors import UserError
from aevb.files import shell_path
from aevb.lock import is_locked
from aevb.runs.checkpoint import find_checkpoint
from aevb.runs.history import Row, read_history

log = logging.getLogger(__name__)


class Run(NamedTuple):
    """A checkpoint, and the folder of the run that it belongs to."""

    checkpoint: Path
    folder: Path

    def history(self) -> list[Row] | None:
        """The rows of history.csv; None if the run has none."""
        file = self.folder / "history.csv"
        return read_history(file) if file.is_file() else None


def find_runs(paths: object) -> list[Run]:
    """The run at a path (its folder, or a checkpoint), all runs below a folder, or those of a list of such paths.

    Raises UserError if there is none.
    """
    if isinstance(paths, Sequence) and not isinstance(paths, str) and paths:
        return list(dict.fromkeys(run for path in paths for run in find_runs(path)))
    if not isinstance(paths, str) or not paths:
        raise UserError(f"run={paths!r}: expected the folder of a run, a checkpoint, or a list of these")
    folder = Path(paths)
    runs = {file.parent.parent for file in folder.glob("**/checkpoints/*.ckpt")}
    of_seeds = {run.parent for run in runs if run.name.startswith("seed-")}
    runs -= of_seeds  # its seeds stand for it
    if folder.is_dir() and runs and folder not in runs:
        return [_run(path) for path in sorted(runs, key=_counting)]
    return [_run(folder)]


def common_folder(runs: Sequence[Run]) -> Path:
    """The folder of one run, or the one that holds several."""
    return Path(os.path.commonpath([run.folder.resolve() for run in runs]))


def _counting(path: Path) -> list[tuple[str, float]]:
    """A key that puts z=3 before z=10 and lr=0.05 before lr=0.1, whatever the numbers of a sweep's jobs before them."""
    options = re.sub(r"(^|/)\d+_", r"\1", str(path))
    return [(text, float(number or 0)) for text, number in re.findall(r"(\D*)(\d+(?:\.\d+)?(?:e-?\d+)?|$)", options)]


def _run(path: Path) -> Run:
    checkpoint = find_checkpoint(path)
    folder = checkpoint.parent
    run = Run(checkpoint, folder.parent if folder.name == "checkpoints" else folder)
    if is_locked(run.folder):
        log.warning("%s is still in training: this is its %s so far.", shell_path(run.folder), checkpoint.name)
    return run
