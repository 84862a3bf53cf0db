"""The configuration in a checkpoint: plain values, and the classes that it may build a model of."""

import re
from importlib import import_module
from typing import Any

from torch import nn
from torch.distributions import Distribution

from aevb.errors import UserError

# Modules that may be imported because a checkpoint names them: importing the parts of this project does nothing else.
OURS = re.compile(r"aevb\.(models|networks|distributions|losses)(\.[a-z][a-z0-9_]{0,50}){0,3}", re.ASCII)
OF_TORCH = ("torch.nn", "torch.distributions")
DEFINED_IN = ("aevb.", "torch.nn.modules.", "torch.distributions.")
MOST_VALUES, DEEPEST, LARGEST = 100_000, 50, 2**63  # of a configuration: far more than any has
DISTRUST = "do not load this file unless you trust where it comes from."


def check_targets(config: Any) -> None:
    """Raise UserError unless a configuration is plain, and every `_target_` in it is a module or a distribution.

    They are classes of this project's models, networks, distributions and losses, of torch.nn, and of
    torch.distributions. Nothing else is imported or looked up.
    """
    check_plain(config)
    for target in _targets(config):
        if not _is_allowed(target):
            raise UserError(
                f"The checkpoint asks for {told(target)}. Only models, networks, distributions and losses of aevb, "
                f"torch.nn and torch.distributions are built from a checkpoint; {DISTRUST}"
            )


def check_plain(config: Any) -> None:
    """Raise UserError unless a configuration is a tree of dicts, lists, numbers and strings, of a sensible size.

    `${...}` in a string would make Hydra look up or call something, and ??? is no value. Objects that hold themselves
    are found by their depth or their number.
    """
    values, seen = [(config, 0)], 0
    while values:
        value, depth = values.pop()
        seen += 1
        inner = len(value) if type(value) in (list, dict) else 0
        if seen + len(values) + inner > MOST_VALUES or depth > DEEPEST:
            raise UserError(f"The checkpoint's configuration is too large, or holds itself: {DISTRUST}")
        if type(value) is list:
            values += [(item, depth + 1) for item in value]
        elif type(value) is dict:
            for key, item in value.items():
                _check_key(key, item)
                values.append((item, depth + 1))
        elif not _is_plain(value):
            raise UserError(f"The checkpoint's configuration holds {told(value)}: {DISTRUST}")


def class_in(module: str, name: str) -> Any:
    """What a module that may be imported has under a name; None if there is no such module or name."""
    try:
        return vars(import_module(module)).get(name)
    except ModuleNotFoundError:
        return None


def told(value: Any) -> str:
    """A value from a checkpoint, for a message: a number, or the beginning of a string; otherwise what it is."""
    if type(value) is str:
        return repr(value if len(value) <= 100 else f"{value[:100]}…")
    return repr(value) if _is_plain(value) else f"a {type(value).__name__}"


def _is_plain(value: Any) -> bool:
    if type(value) is int:
        return abs(value) < LARGEST
    if type(value) is str:
        return "${" not in value and value != "???"
    return value is None or type(value) in (bool, float)


def _check_key(key: Any, item: Any) -> None:
    if type(key) is str and "${" not in key:
        if key == "_partial_" and type(item) is bool:
            return
        if key == "_target_" or not (key.startswith("_") and key.endswith("_")):  # these are words of Hydra
            return
    raise UserError(f"The checkpoint's configuration has {told(key)}: {told(item)}: {DISTRUST}")


def _targets(config: Any) -> list[Any]:
    """The value of each `_target_` in a plain configuration."""
    inner = config.values() if type(config) is dict else config if type(config) is list else ()
    own = [config["_target_"]] if type(config) is dict and "_target_" in config else []
    return own + [target for item in inner for target in _targets(item)]


def _is_allowed(target: Any) -> bool:
    module, _, name = target.rpartition(".") if isinstance(target, str) else ("", "", "")
    if module not in OF_TORCH and not OURS.fullmatch(module):
        return False
    found = class_in(module, name)
    # Where it is defined counts, too: a module of ours may have imported a class of any other.
    allowed = isinstance(found, type) and issubclass(found, nn.Module | Distribution)
    return allowed and found.__module__.startswith(DEFINED_IN)
