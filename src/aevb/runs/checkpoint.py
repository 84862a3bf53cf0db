"""Checkpoints: reading them safely, and making a model or its data from one."""

import pickle
from pathlib import Path
from typing import Any

import torch
from hydra.errors import HydraException
from hydra.utils import instantiate

from aevb.data import ImageData
from aevb.errors import UserError
from aevb.models import ImageModel, SeedEnsemble
from aevb.runs.safe_config import DATA_CLASSES, check_targets

CHECKPOINT_FORMAT = 3  # see CHANGELOG.md


def load_model(path: str | Path) -> ImageModel:
    """The trained model in a checkpoint (a .ckpt file, or the folder of a run: its best one), on the CPU, in eval mode.

    Raises UserError where the file is missing, corrupt or not one of ours, and where its configuration names anything
    but modules and distributions of this project, torch or torchvision: nothing else is ever called.
    """
    checkpoint = load_checkpoint(path)
    config = checkpoint["config"]["model"]
    check_targets(config)
    model = _build(config, f"{path} describes a model that cannot be built")
    if not isinstance(model, ImageModel):
        raise UserError(f"{path} describes no model of this project")
    restore_weights(model, checkpoint, path)
    return model.eval()


def load_data(path: str | Path) -> ImageData:
    """The data that the model in a checkpoint was trained with: the same split of the same images, on the CPU.

    Raises UserError as `load_model` does; here only data sets are allowed.
    """
    config = load_checkpoint(path)["config"].get("data")
    check_targets(config, DATA_CLASSES)
    data = _build(config, f"{path} describes data that cannot be read")
    if not isinstance(data, ImageData):
        raise UserError(f"{path} describes no data of this project")
    try:
        return data.load()
    except ValueError as error:
        raise UserError(f"{path} describes data that cannot be read: {error}") from error


def restore_weights(model: ImageModel, checkpoint: dict[str, Any], path: str | Path) -> None:
    """Load a checkpoint's weights into the model, or raise UserError if they are not the model's."""
    n = checkpoint["config"].get("seeds", 1)
    if n != 1 and not isinstance(model, SeedEnsemble):
        raise UserError(f"{path} holds the models of {n} seeds: name the folder of one of them, seed-<number>")
    try:
        model.load_state_dict(checkpoint["state_dict"])
    except (RuntimeError, TypeError) as error:
        raise UserError(f"The weights in {path} do not fit the model it describes: {error}") from error


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """The content of a checkpoint, read without unpickling any code.

    Raises UserError where the file is missing, corrupt, not one of ours, or of another format than this version's.
    """
    path = find_checkpoint(path)
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{path} is not a checkpoint that can be read: it was cut short or changed, or is something else. Use "
            f"another one, such as last.ckpt or best.ckpt of a run."
        ) from error
    ours = isinstance(checkpoint, dict) and {"config", "state_dict"} <= checkpoint.keys()
    if not ours or not isinstance(checkpoint["config"], dict) or "model" not in checkpoint["config"]:
        raise UserError(f"{path} was not written by this project: it lacks a 'config' with a 'model', or weights")
    if (found := checkpoint.get("format", 1)) != CHECKPOINT_FORMAT:
        age = "an older" if found in range(CHECKPOINT_FORMAT) else "another"
        raise UserError(
            f"{path} was written by {age} version of aevb, in format {found!r}, and this version reads format "
            f"{CHECKPOINT_FORMAT}: train the model again, or use the version that wrote it (see CHANGELOG.md)."
        )
    return checkpoint


def find_checkpoint(path: str | Path, *names: str) -> Path:
    """The checkpoint at `path`, or the first of `names` (best.ckpt, last.ckpt) in the run or folder `path`.

    Raises UserError, saying what there is, if there is none.
    """
    path, names = Path(path), names or ("best.ckpt", "last.ckpt")
    if path.is_dir():
        for file in (folder / name for folder in (path / "checkpoints", path) for name in names):
            if file.is_file():
                return file
        raise UserError(f"The folder {path} has no checkpoints/{' or '.join(names)}: name a run or a .ckpt file.")
    if not path.is_file():
        known = sorted(Path("outputs").glob("**/last.ckpt"), key=lambda file: file.stat().st_mtime)
        hint = f" The newest last.ckpt under outputs is {known[-1]}." if known else ""
        raise UserError(f"There is no checkpoint {path}.{hint}")
    return path


def _build(config: Any, complaint: str) -> Any:
    try:
        return instantiate(config, _convert_="all")
    except HydraException as error:
        raise UserError(f"{complaint}: {error}") from error
