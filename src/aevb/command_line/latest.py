"""run=latest: the run that was trained last."""

import re
from collections.abc import Sequence
from pathlib import Path

from aevb.errors import UserError
from aevb.files import newest_file, shell_path

LATEST = "latest"
BELOW = Path("outputs")


def runs_named(paths: object, option: str = "run") -> object:
    """What an option names, with the folder of the newest run in place of `latest`, which is printed.

    A file or folder of that name in the current folder comes first. Raises UserError where there is no run.
    """
    if isinstance(paths, Sequence) and not isinstance(paths, str):
        return [runs_named(path, option) for path in paths]
    if paths != LATEST or Path(LATEST).exists():
        return paths
    folder = newest_run()
    if folder is None:
        raise UserError(f"{option}={LATEST}: there is no run below {BELOW}. Train one first, or name a folder.")
    print(f"{option}={LATEST} is {shell_path(folder)}", flush=True)
    return str(folder)


def newest_run() -> Path | None:
    """The folder of the run below outputs whose last checkpoint is the newest, whatever was drawn or measured since.

    The run of several seeds stands for those.
    """
    last = newest_file(BELOW.glob("**/checkpoints/last.ckpt"))
    if last is None:
        return None
    return run_of_seeds(last.parent.parent)


def run_of_seeds(folder: Path) -> Path:
    """The run of several seeds that a run's folder belongs to; the folder itself where it is no part of one.

    The jobs of a sweep over the seed have folders of the same names, but a sweep has no config.yaml.
    """
    is_part = re.fullmatch(r"seed-\d+", folder.name) and (folder.parent / "config.yaml").is_file()
    return folder.parent if is_part else folder
