"""Checkpoints: reading them safely, and making a model from one."""

import pickle
from pathlib import Path
from pydoc import ErrorDuringImport, locate
from typing import Any

import torch
from hydra.errors import HydraException
from hydra.utils import instantiate
from lightning.pytorch import LightningDataModule
from torch import nn
from torch.distributions import Distribution
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import Dataset

from aevb.data import Digits, ImageDataModule
from aevb.errors import UserError
from aevb.models import ImageModel, Replicas

ALLOWED_PACKAGES = ("aevb", "torch", "torchvision")
ALLOWED_CLASSES = (nn.Module, Distribution, Optimizer, LRScheduler)
DATA_CLASSES = (LightningDataModule, Dataset, Digits)


def load_model(path: str | Path) -> ImageModel:
    """The trained model in a checkpoint (a .ckpt file, or the folder of a run: its best one), on the CPU, in eval mode.

    Raises UserError where the file is missing, corrupt or not one of ours, and where its configuration names anything
    but modules, distributions, optimisers and schedulers of this project, torch or torchvision: nothing else is ever
    called.
    """
    checkpoint = load_checkpoint(path)
    config = checkpoint["config"]["model"]
    check_targets(config)
    try:
        model = instantiate(config, _convert_="all")
    except HydraException as error:
        raise UserError(f"{path} describes a model that cannot be built: {error}") from error
    if not isinstance(model, ImageModel):
        raise UserError(f"{path} describes no model of this project")
    restore_weights(model, checkpoint, path)
    return model.eval()


def load_data(path: str | Path) -> ImageDataModule:
    """The data that the model in a checkpoint was trained with: the same split of the same images, on the CPU.

    Raises UserError as `load_model` does; here only data modules and data sets are allowed.
    """
    config = load_checkpoint(path)["config"].get("data")
    check_targets(config, DATA_CLASSES)
    try:
        data = instantiate(config, _convert_="all")
    except HydraException as error:
        raise UserError(f"{path} describes data that cannot be read: {error}") from error
    if not isinstance(data, ImageDataModule):
        raise UserError(f"{path} describes no data of this project")
    data.prepare_data()
    data.setup()
    return data


def restore_weights(model: ImageModel, checkpoint: dict[str, Any], path: str | Path) -> None:
    """Load a checkpoint's weights into the model, or raise UserError if they are not the model's."""
    n = checkpoint["config"].get("replicas", 1)
    if n != 1 and not isinstance(model, Replicas):
        raise UserError(f"{path} holds {n} replicas: name the folder of one of them, replica-0 to replica-{n - 1}")
    try:
        model.load_state_dict(checkpoint["state_dict"])
    except (RuntimeError, TypeError) as error:
        raise UserError(f"The weights in {path} do not fit the model it describes: {error}") from error


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """The content of a checkpoint, read without unpickling any code.

    Raises UserError where the file is missing, corrupt or not one of ours.
    """
    path = find_checkpoint(path)
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{path} is not a checkpoint that can be read: it was cut short or changed, or is something else. Use "
            f"another one, such as last.ckpt or best.ckpt of a run."
        ) from error
    ours = isinstance(checkpoint, dict) and {"config", "state_dict"} <= checkpoint.keys()
    if not ours or not isinstance(checkpoint["config"], dict) or "model" not in checkpoint["config"]:
        raise UserError(f"{path} was not written by this project: it lacks a 'config' with a 'model', or weights")
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


def check_targets(config: Any, allowed: tuple[type, ...] = ALLOWED_CLASSES) -> None:
    """Raise UserError unless a configuration is plain, and every `_target_` in it is one of the allowed classes.

    Plain means dicts, lists, numbers and strings; `${...}` in a string would make Hydra look up or call something.
    """
    if type(config) is list:
        for item in config:
            check_targets(item, allowed)
    elif type(config) is dict:
        for item in config.values():
            check_targets(item, allowed)
        if "_target_" in config:
            _check_target(config["_target_"], allowed)
    elif not (config is None or type(config) in (bool, int, float, str)) or (type(config) is str and "${" in config):
        raise UserError(f"The checkpoint's configuration holds {config!r}: do not load this file unless you trust it")


def _check_target(target: Any, allowed: tuple[type, ...]) -> None:
    # The package is checked before anything is imported, and again on what was found: `torch.os.system` is not torch's.
    if isinstance(target, str) and target.split(".")[0] in ALLOWED_PACKAGES:
        try:
            found = locate(target)
        except ErrorDuringImport:
            found = None
        if (
            isinstance(found, type)
            and issubclass(found, allowed)
            and found.__module__.split(".")[0] in ALLOWED_PACKAGES
        ):
            return
    raise UserError(
        f"The checkpoint asks for {target!r}. Only modules, distributions, optimisers, schedulers and data sets of "
        f"{', '.join(ALLOWED_PACKAGES)} are built from a checkpoint; do not load this file unless you trust where it "
        f"comes from."
    )
