"""The classes that a checkpoint's configuration may build."""

from pydoc import ErrorDuringImport, locate
from typing import Any

from torch import nn
from torch.distributions import Distribution
from torch.utils.data import Dataset

from aevb.data import ImageData, ImageSet
from aevb.errors import UserError

ALLOWED_PACKAGES = ("aevb", "torch", "torchvision")
MODEL_CLASSES = (nn.Module, Distribution)
DATA_CLASSES = (ImageData, Dataset, ImageSet)


def check_targets(config: Any, allowed: tuple[type, ...] = MODEL_CLASSES) -> None:
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
        f"The checkpoint asks for {target!r}. Only modules, distributions and data sets of "
        f"{', '.join(ALLOWED_PACKAGES)} are built from a checkpoint; do not load this file unless you trust where it "
        f"comes from."
    )
