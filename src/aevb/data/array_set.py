"""Images in a file of arrays."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray

from aevb.data.colours import CHANNELS
from aevb.data.grey_levels import grey_levels
from aevb.data.image_set import ImageSet

KEYS = {  # as files name them, in the order in which they are looked for
    "images": ("images", "x", "X", "data", "imgs", "arr_0", "train_images", "x_train", "X_train"),
    "labels": ("labels", "y", "Y", "targets", "label", "arr_1", "train_labels", "y_train", "Y_train"),
}
SHAPES = "(N, H, W), (N, C, H, W) or (N, H, W, C)"
SUFFIXES = (".npz", ".npy", ".pt")


class ArraySet(ImageSet):
    """The images of an .npz, .npy or .pt file.

    Their shape is (N, H, W), (N, C, H, W) or (N, H, W, C); see `grey_levels` for the kinds of numbers. Arrays that are
    named for training, such as x_train, have others for testing beside them; where there are none, all images are for
    training, and ImageData sets some apart. Nothing is unpickled.

    path: the file. images, labels: their names in it; None: the usual ones. white: the number that is white, if it is
    not the largest of its kind.

    Raises ValueError, saying what there is, and OSError.
    """

    def __init__(
        self,
        train: bool,
        path: str,
        images: str | None = None,
        labels: str | None = None,
        white: float | None = None,
    ) -> None:
        arrays = _arrays(Path(path))
        name = _name("images", images, arrays, path)
        if name is None:
            raise ValueError(f"{path} has {_named(arrays)}: say images=<the name of the images>")
        of_labels = _name("labels", labels, arrays, path)
        found, own = arrays[name], None if of_labels is None else arrays[of_labels]
        if not train:
            found, own = _for_testing(arrays, name, of_labels)
        if found.ndim not in (3, 4):
            raise ValueError(f"{path}: {name} has shape {found.shape}: expected {SHAPES}")
        if own is not None and len(own) != len(found):
            raise ValueError(f"{path}: {len(found):,} images and {len(own):,} labels: expected as many")
        try:
            self.data = torch.from_numpy(grey_levels(found, white))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        self.targets = None if own is None else torch.from_numpy(_flat(np.array(own)))

    @classmethod
    def shape(cls, path: str, images: str | None = None) -> tuple[int, int, int]:
        """The shape (C, H, W) of an image that is made of the file, which is read once for all who ask."""
        return _shape(path, images, Path(path).stat().st_mtime_ns if Path(path).exists() else 0)


@lru_cache(maxsize=8)
def _shape(path: str, images: str | None, version: int) -> tuple[int, int, int]:
    """The shape of the images in a version of a file."""
    arrays = _arrays(Path(path))
    name = _name("images", images, arrays, path)
    if name is None or len(shape := arrays[name].shape) not in (3, 4):
        raise ValueError(f"{path} has {_named(arrays)}: expected images {SHAPES}")
    if len(shape) == 3:
        return 1, shape[1], shape[2]
    channels, height, width = shape[1:] if shape[1] in CHANNELS else (shape[3], *shape[1:3])
    return 3 if channels == 4 else channels, height, width


def _arrays(path: Path) -> Mapping[str, Any]:
    """The arrays of a file by their names."""
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path}: expected a file that ends with {', '.join(SUFFIXES)}")
    try:
        if path.suffix == ".npy":
            return {"images": np.load(path, allow_pickle=False, mmap_mode="r")}
        if path.suffix == ".npz":
            with path.open("rb") as file:
                archive = np.load(file, allow_pickle=False)
                return {name: archive[name] for name in archive}
        content: Any = torch.load(path, weights_only=True, map_location="cpu")
    except (ValueError, EOFError, BadZipFile, KeyError, RuntimeError) as error:
        raise ValueError(
            f"{path} is not what its name says, a {path.suffix} file of numbers, or was cut short"
        ) from error
    except Exception as error:
        if "weights_only" not in str(error).lower() and "unpickl" not in type(error).__name__.lower():
            raise
        raise ValueError(f"{path} holds more than tensors: save a tensor, or a dictionary of tensors") from error
    content = {"images": content} if isinstance(content, torch.Tensor) else content
    if isinstance(content, tuple | list) and len(content) == 2:
        content = dict(zip(("images", "labels"), content, strict=True))
    if not isinstance(content, Mapping) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise ValueError(f"{path} holds a {type(content).__name__}: expected a tensor, or a dictionary of tensors")
    return {name: value.numpy() for name, value in content.items()}


def _name(what: str, given: str | None, arrays: Mapping[str, Any], path: str) -> str | None:
    """The name of the images or labels in a file."""
    if given is not None:
        if given not in arrays:
            raise ValueError(f"{what}={given}: {path} has {_named(arrays)}")
        return given
    return next((name for name in KEYS[what] if name in arrays), None)


def _for_testing(arrays: Mapping[str, Any], images: str, labels: str | None) -> tuple[Any, Any]:
    """The test images beside those for training, and their labels; none where there are none."""
    name = images.replace("train", "test")
    if name == images or name not in arrays:
        found = arrays[images]
        return found[:0], None if labels is None else arrays[labels][:0]
    return arrays[name], arrays.get(labels.replace("train", "test")) if labels else None


def _flat(labels: NDArray[np.generic]) -> NDArray[np.generic]:
    """Labels (N,) of those that are (N, 1), as some files have them."""
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels


def _named(arrays: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {tuple(arrays[name].shape)}" for name in arrays) or "no arrays"
