"""The configuration in a checkpoint: plain values, and the classes that it may build a model of."""

import re
from collections.abc import Iterator
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
WORDS_OF_HYDRA = {"_partial_", "_args_", "_recursive_", "_convert_"}
DISTRUST = "do not load this file unless you trust where it comes from."


def check_targets(config: Any) -> None:
    """Raise UserError unless a configuration is inert, and every `_target_` in it is a module or a distribution.

    They are classes of this project's models, networks, distributions and losses, of torch.nn, and of
    torch.distributions. Nothing else is imported or looked up.
    """
    check_inert(config)
    for value in _values(config):
        if type(value) is dict and "_target_" in value and not _is_allowed(value["_target_"]):
            raise UserError(
                f"The checkpoint asks for {told(value['_target_'])}. Only models, networks, distributions and losses "
                f"of aevb, torch.nn and torch.distributions are built from a checkpoint; {DISTRUST}"
            )


def check_inert(config: Any) -> None:
    """Raise UserError unless a configuration is plain, and Hydra would build what `_target_` names, and nothing else.

    It would look up or call something for `${...}` in a string, and has words, such as `_args_`, that hide values.
    """
    check_plain(config)
    for value in _values(config):
        for key in value if type(value) is dict else [value]:
            if type(key) is str and ("${" in key or key == "???"):
                raise UserError(f"The checkpoint's configuration holds {told(key)}: {DISTRUST}")
        for word in WORDS_OF_HYDRA & value.keys() if type(value) is dict else ():
            if word != "_partial_" or type(value[word]) is not bool:
                raise UserError(f"The checkpoint's configuration has {word}: {told(value[word])}; {DISTRUST}")


def check_plain(config: Any) -> None:
    """Raise UserError unless a configuration is a tree of dicts, lists, numbers and strings, of a sensible size.

    Keys are strings, or numbers, as in the scheduling of a GradientAccumulationScheduler.
    """
    for value in _values(config):
        if type(value) is dict:
            strange = [key for key in value if not (type(key) in (str, int) and _is_plain(key))]
        else:
            strange = [] if type(value) is list or _is_plain(value) else [value]
        if strange:
            raise UserError(f"The checkpoint's configuration holds {told(strange[0])}: {DISTRUST}")


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
    return repr(value) if _is_plain(value) else type(value).__name__


def brief(error: BaseException) -> str:
    """The message of an error, cut short where it repeats a value of any length."""
    text = str(error)
    return text if len(text) <= 1000 else f"{text[:1000]}…"


def _is_plain(value: Any) -> bool:
    return abs(value) < LARGEST if type(value) is int else value is None or type(value) in (bool, float, str)


def _values(config: Any) -> Iterator[Any]:
    """A configuration and all within it; UserError for one that holds itself, which its depth or size shows."""
    values, seen = [(config, 0)], 0
    while values:
        value, depth = values.pop()
        yield value
        inner = value if type(value) is list else list(value.values()) if type(value) is dict else []
        seen += 1
        if seen + len(values) + len(inner) > MOST_VALUES or depth > DEEPEST:
            raise UserError(f"The checkpoint's configuration is too large, or holds itself: {DISTRUST}")
        values += [(item, depth + 1) for item in inner]


def _is_allowed(target: Any) -> bool:
    module, _, name = target.rpartition(".") if isinstance(target, str) else ("", "", "")
    if module not in OF_TORCH and not OURS.fullmatch(module):
        return False
    found = class_in(module, name)
    # Where it is defined counts, too: a module of ours may have imported a class of any other.
    allowed = isinstance(found, type) and issubclass(found, nn.Module | Distribution)
    return allowed and found.__module__.startswith(DEFINED_IN)
