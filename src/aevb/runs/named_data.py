"""The data set that a checkpoint names."""

import os
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from aevb.data import OF_THE_SET, ArraySet, FolderSet, ImageData, ImageSet
from aevb.errors import UserError
from aevb.runs.safe_config import DISTRUST, brief, check_inert, class_in, told

OF_TORCHVISION = ("MNIST", "FashionMNIST", "KMNIST", "CIFAR10", "CIFAR100")  # what conf/data may take from there
OURS = re.compile(r"aevb\.data(\.[a-z][a-z0-9_]{0,50}){0,3}", re.ASCII)
OUR_DATA = ("aevb.data.ImageData", "aevb.data.image_data.ImageData")
READS_FILES = (ArraySet, FolderSet)  # which do nothing with a file but read images
WORD = re.compile(r"(\w[\w.+-]*)?|-?\d[\w.+-]*", re.ASCII)  # no path


def data_root() -> Path:
    """The folder of the user's own archives: $AEVB_DATA, or data."""
    return Path(os.environ.get("AEVB_DATA", "data"))


def described_data(config: Any, root: Path) -> ImageData:
    """The data that a checkpoint's configuration describes, not read yet; UserError where it describes none.

    The files of torchvision's sets are those in `root`, wherever the model was trained, and nothing is downloaded.
    """
    check_inert(config)
    if type(config) is not dict or config.get("_target_") not in OUR_DATA:
        raise UserError(f"it has {told(config)} for data: expected those of aevb.data.ImageData")
    options = {name: value for name, value in config.items() if name not in ("_target_", "dataset", *OF_THE_SET)}
    try:
        return ImageData(_data_set(config.get("dataset"), root), **options)
    except (TypeError, ValueError) as error:
        raise UserError(f"it describes data that cannot be read: {brief(error)}") from error


def _data_set(config: Any, root: Path) -> Callable[..., Any]:
    """What makes the training or test split of a set."""
    if type(config) is not dict:
        raise UserError(f"it has {told(config)} for a data set: expected a class of aevb.data or torchvision.datasets")
    options = {name: value for name, value in config.items() if name not in ("_target_", "_partial_")}
    target = config.get("_target_")
    module, _, name = target.rpartition(".") if isinstance(target, str) else ("", "", "")
    if module == "torchvision.datasets" and name in OF_TORCHVISION and options.keys() <= {"root", "download"}:
        from torchvision import datasets  # takes a second to import

        return partial(vars(datasets)[name], root=str(root), download=False)
    if module in sys.modules or OURS.fullmatch(module):  # a set of one's own, which the program has imported
        found = class_in(module, name)
        if isinstance(found, type) and issubclass(found, ImageSet):
            for option, value in options.items():
                if found in READS_FILES and option in OF_THE_SET and isinstance(value, str):
                    continue
                if type(value) not in (bool, int, float, str, type(None)) or not WORD.fullmatch(str(value)):
                    raise UserError(f"it gives {name} {option}={told(value)}: expected a number or a word; {DISTRUST}")
            return partial(found, **options)
    raise UserError(
        f"it asks for the data set {told(target)} with {told(options)}. A checkpoint may name "
        f"{', '.join(OF_TORCHVISION)} of torchvision.datasets, and an ImageSet in aevb.data or one that is imported "
        f"already; {DISTRUST}"
    )
