"""The files of a run that used the same folder before."""

import re
from pathlib import Path

import yaml

FIGURES = Path(__file__).parents[1] / "figures"
OF_CSV_LOGGER = ("csv/metrics.csv", "csv/hparams.yaml")
OF_A_RUN = ("config.yaml", "history.csv", "hparams.yaml", "metrics.json", "model.txt", "pruned.json")
OF_OTHER_COMMANDS = ("evaluation.json", "evaluation_images.csv", "figures/gradient_noise.csv")
EVENTS = "events.out.tfevents.*"
EVENT_FOLDERS = (".", "validation", "test")
OF_PROJECTOR = (
    "projector_config.pbtxt",
    "00000/codes/tensors.tsv",
    "00000/codes/metadata.tsv",
    "00000/codes/sprite.png",
)
CHECKPOINTS = ("best", "last", "final", "epoch-{epoch}", "{epoch}-{step}")


class Leftovers:
    """The files that a run, and what measured or drew it, has left in a folder; those of anybody else are none.

    They are found now and removed later, when the new run begins to write: a run that is refused removes nothing.
    Links to the checkpoints or figures of this run, on another disk, stay, and a seed-0 that leads to another run is
    not looked into.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = {path: _version(path) for path in _files_of_a_run(folder)}

    def remove(self) -> list[str]:
        """Remove those that have not been written anew; returns their places in the folder."""
        removed = []
        for path, version in self.files.items():
            if path.is_file() and _version(path) == version:
                path.unlink()
                removed.append(str(path.relative_to(self.folder)))
        for folder in sorted({path.parent for path in self.files} - {self.folder}, reverse=True):
            while folder != self.folder and _is_own_folder(folder) and not any(folder.iterdir()):
                folder.rmdir()
                folder = folder.parent
        return removed

    def remove_new_events(self) -> None:
        """Remove what TensorBoard has written beside a run that stays."""
        for path in _events(self.folder):
            if self.files and path not in self.files:
                path.unlink()


def _files_of_a_run(folder: Path) -> list[Path]:
    """Nothing where there has been no run, such as where a config.yaml is of another program."""
    config = _config(folder / "config.yaml")
    parts = [] if config.get("seeds", 1) == 1 else folder.glob("seed-*")  # the jobs of a sweep may have such names
    seeds = [path for path in parts if re.fullmatch(r"seed-\d+", path.name) and _is_own_folder(path)]
    of_seeds = [path for seed in seeds for path in _files_of_a_run(seed)]
    written = "|".join(_pattern(filename) for filename in {*CHECKPOINTS, *_filenames(config)})
    checkpoints = [
        path for path in (folder / "checkpoints").glob("*.ckpt") if re.fullmatch(rf"({written})(-v\d+)?", path.stem)
    ]
    if not (of_seeds or checkpoints or (folder / "model.txt").is_file() or {"model", "trainer"} <= config.keys()):
        return []
    figures = "|".join(map(re.escape, {path.stem for path in FIGURES.glob("*.py")} | {*_names(config.get("figures"))}))
    drawn = [
        path
        for path in (folder / "figures").glob("*")
        if re.fullmatch(rf"({figures})(-epoch-\d+)?\.(png|gif)", path.name)
    ]
    others = [folder / name for name in (*OF_A_RUN, *OF_OTHER_COMMANDS, *OF_PROJECTOR, *OF_CSV_LOGGER)]
    return [path for path in (*checkpoints, *drawn, *others, *_events(folder), *of_seeds) if path.is_file()]


def _events(folder: Path) -> list[Path]:
    """The files of TensorBoard, those of a run's other stages beside them."""
    folders = [folder / name for name in EVENT_FOLDERS]
    return [path for place in folders if not place.is_symlink() for path in place.glob(EVENTS)]


def _is_own_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _pattern(filename: str) -> str:
    """The names that Lightning makes of a checkpoint's filename: epoch-{epoch:03d} -> epoch-003 or epoch-epoch=003."""
    parts = re.split(r"\{([^}:]*)[^}]*\}", filename)  # text, name, text, ...
    return "".join(
        rf"({re.escape(part)}=)?-?\d[\d.]*(e-?\d+)?" if i % 2 else re.escape(part) for i, part in enumerate(parts)
    )


def _filenames(config: dict[str, object]) -> list[str]:
    callbacks = config.get("callbacks")
    nodes = callbacks.values() if isinstance(callbacks, dict) else ()
    names = [node.get("filename") for node in nodes if isinstance(node, dict)]
    return [name for name in names if isinstance(name, str)]


def _names(node: object) -> list[str]:
    return [str(name) for name in node] if isinstance(node, dict) else []


def _config(path: Path) -> dict[str, object]:
    """An old config.yaml, or nothing where it cannot be read."""
    if not path.is_file():  # a pipe would keep whoever reads it waiting
        return {}
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    return config if isinstance(config, dict) else {}


def _version(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns
