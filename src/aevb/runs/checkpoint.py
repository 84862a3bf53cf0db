"""Checkpoints: reading them safely, and making a model or its data from one."""

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from hydra.errors import HydraException
from hydra.utils import instantiate
from torch import Tensor

from aevb.data import ImageData
from aevb.errors import UserError
from aevb.files import newest_file, shell_path
from aevb.models import ImageModel, SeedEnsemble, has_finite_weights
from aevb.runs.bounded_build import no_larger_than
from aevb.runs.named_data import data_root, described_data
from aevb.runs.safe_config import brief, check_plain, check_targets, told
from aevb.sealed import Unreadable, read_sealed

CHECKPOINT_FORMAT = 4  # see CHANGELOG.md


def load_model(path: str | Path) -> ImageModel:
    """The trained model in a checkpoint (a .ckpt file, or the folder of a run: its best one), on the CPU, in eval mode.

    Raises UserError where the file is missing, corrupt or not one of ours, where its configuration names anything but
    models, networks, distributions and losses of this project and torch's modules and distributions (nothing else is
    imported or called), and where the weights do not fit or are not finite.
    """
    checkpoint = load_checkpoint(path)
    model = described_model(checkpoint, path)
    restore_weights(model, checkpoint, path)
    if not has_finite_weights(model):
        raise UserError(f"{path} has weights that are not finite numbers: its training has diverged")
    return model.eval()


def load_data(path: str | Path, root: str | Path | None = None) -> ImageData:
    """The data that the model in a checkpoint was trained with: the same split of the same images, on the CPU.

    root: the folder with the archives, those that `data.dataset.root` names in training; None: $AEVB_DATA, or data.
    Where the model was trained does not matter, and nothing is downloaded.

    Raises UserError as `load_model` does; here only data sets are allowed.
    """
    checkpoint = load_checkpoint(path)
    data = data_of(checkpoint, path, root)
    try:
        return data.load()
    except (ValueError, RuntimeError, MemoryError) as error:
        raise UserError(f"{path} describes data that cannot be read: {brief(error)}") from error
    except UserError as error:
        raise UserError(f"{error}{_where_it_was(checkpoint['config']['data'])}") from error


def data_of(checkpoint: Mapping[str, Any], path: str | Path, root: str | Path | None = None) -> ImageData:
    """The data of `load_data`, not read yet; UserError where they are not of the images that the model takes."""
    try:
        data = described_data(checkpoint["config"].get("data"), data_root() if root is None else Path(root))
    except UserError as error:
        raise UserError(f"{path} describes no data that can be read: {error}") from error
    model = described_model(checkpoint, path)
    if (tuple(model.image_shape), model.pixel_range) != (data.image_shape, data.pixel_range):
        raise UserError(
            f"{path} describes data of shape {data.image_shape} in {list(data.pixel_range)}, and a model for shape "
            f"{tuple(model.image_shape)} in {list(model.pixel_range)}"
        )
    return data


def described_model(checkpoint: Mapping[str, Any], path: str | Path) -> ImageModel:
    """The model that a checkpoint describes, with weights of its own; UserError where it describes none."""
    config = checkpoint["config"]["model"]
    check_targets(config)
    try:
        with no_larger_than(checkpoint["state_dict"]):
            model = instantiate(config, _convert_="all")
    except HydraException as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise UserError(f"{path} describes a model that cannot be built: {brief(cause)}") from error
    if not isinstance(model, ImageModel):
        raise UserError(f"{path} describes no model of this project")
    return model


def restore_weights(model: ImageModel, checkpoint: Mapping[str, Any], path: str | Path) -> None:
    """Load a checkpoint's weights into the model, or raise UserError if they are not the model's."""
    n = checkpoint["config"].get("seeds", 1)
    if n != 1 and not isinstance(model, SeedEnsemble):
        raise UserError(f"{path} holds the models of {told(n)} seeds: name the folder of one of them, seed-<number>")
    weights = dict(checkpoint["state_dict"])  # without what torch adds to it
    try:
        for name, weight in model.state_dict().items():
            # A run in another precision has other floating numbers, but no other kind.
            if name in weights and not _of_one_kind(weights[name].dtype, weight.dtype):
                raise TypeError(f"{name} is {weights[name].dtype}: expected {weight.dtype}")
        model.load_state_dict(weights)
    except (RuntimeError, TypeError) as error:
        raise UserError(f"The weights in {path} do not fit the model it describes: {brief(error)}") from error


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """The content of a checkpoint, read without unpickling any code.

    Raises UserError where the file is missing, corrupt, not one of ours, or of another format than this version's.
    """
    path = find_checkpoint(path)
    try:
        checkpoint: dict[str, Any] = read_sealed(path)
    except OSError as error:
        raise UserError(f"{path} could not be opened: {error.strerror}") from error
    except Unreadable as error:
        raise UserError(
            f"{path} is not a checkpoint that can be read: it was cut short or changed, or is something else. Use "
            f"another one, such as last.ckpt or best.ckpt of a run."
        ) from error
    ours = type(checkpoint) is dict and {"config", "state_dict"} <= checkpoint.keys()
    if not ours or type(checkpoint["config"]) is not dict or "model" not in checkpoint["config"]:
        raise UserError(f"{path} was not written by this project: it lacks a 'config' with a 'model', or weights")
    if type(found := checkpoint.get("format", 1)) is not int or found != CHECKPOINT_FORMAT:
        age = "an older" if type(found) is int and 0 <= found < CHECKPOINT_FORMAT else "another"
        raise UserError(
            f"{path} was written by {age} version of aevb, in format {told(found)}, and this version reads format "
            f"{CHECKPOINT_FORMAT}: train the model again, or use the version that wrote it (see CHANGELOG.md)."
        )
    check_plain(checkpoint["config"])
    weights = checkpoint["state_dict"]
    if not isinstance(weights, dict) or not all(
        isinstance(name, str) and _is_dense(weight) for name, weight in weights.items()
    ):
        raise UserError(f"{path} has no weights: its 'state_dict' is not of dense tensors by name")
    return checkpoint


def find_checkpoint(path: str | Path, *names: str) -> Path:
    """The checkpoint at `path`, or the first of `names` in the run or folder `path`: final.ckpt, best.ckpt, last.ckpt.

    Raises UserError, saying what there is, if there is none.
    """
    path, names = Path(path), names or ("final.ckpt", "best.ckpt", "last.ckpt")
    try:
        path.stat()
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.EACCES, errno.ELOOP):
            raise UserError(f"There is no checkpoint {path}: {error.strerror}") from error
    except ValueError as error:  # a null character
        raise UserError(f"There is no checkpoint {str(path)!r}: {error}") from error
    if path.is_dir():
        for file in (folder / name for folder in (path / "checkpoints", path) for name in names):
            if file.is_file():
                return file
        raise UserError(f"The folder {path} has no checkpoints/{' or '.join(names[-2:])}: name a run or a .ckpt file.")
    if not path.is_file():
        newest = newest_file(Path("outputs").glob("**/last.ckpt"))
        hint = f" The newest last.ckpt under outputs is {shell_path(newest)}." if newest else ""
        raise UserError(f"There is no checkpoint {path}.{hint}")
    return path


def _is_dense(weight: object) -> bool:
    return isinstance(weight, Tensor) and weight.layout is torch.strided and not (weight.is_quantized or weight.is_meta)


def _of_one_kind(a: torch.dtype, b: torch.dtype) -> bool:
    return a == b or (a.is_floating_point and b.is_floating_point)


def _where_it_was(config: Mapping[str, Any]) -> str:
    """A hint for whoever trained with archives in another folder, which a checkpoint does not decide."""
    root = config["dataset"].get("root")
    if not isinstance(root, str) or Path(root) == data_root():
        return ""
    return f" The model was trained with files in {told(root)}: if you trust it, set AEVB_DATA to that folder."
