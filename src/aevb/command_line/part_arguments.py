"""The arguments that a part takes, from its _target_."""

import inspect
from importlib import import_module

from omegaconf import DictConfig, OmegaConf


def arguments_of(node: DictConfig) -> list[inspect.Parameter] | None:
    """What the node's _target_ takes; None where it has none, or one that cannot be found, as building it says."""
    if "_target_" not in node or OmegaConf.is_missing(node, "_target_"):
        return None
    module, _, name = str(node._target_).rpartition(".")
    try:
        made = getattr(import_module(module), name)
        return list(inspect.signature(made).parameters.values())
    except (ImportError, AttributeError, ValueError, TypeError):
        return None
