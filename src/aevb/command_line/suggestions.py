"""Guesses at what was meant, and the names that there are."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from aevb.command_line import CONF
from aevb.errors import UserError


def unknown_name(kind: str, name: object, known: Collection[str]) -> str:
    """A sentence about a name that does not exist, with the nearest one, and all that do."""
    close = get_close_matches(str(name), known, n=1, cutoff=0.5)
    guess = f" Did you mean {close[0]}?" if close else ""
    return f"there is no {kind} {str(name)!r}.{guess} There are: {', '.join(known) or 'none'}."


def chosen_names(kind: str, asked: Any, known: Collection[str]) -> list[str]:
    """The names in a list, or the one name; UserError, with a guess at what was meant, for one that is not known."""
    chosen = list(asked) if isinstance(asked, ListConfig) else [asked]
    for name in chosen:
        if name not in known:
            raise UserError(unknown_name(kind, name, known))
    return chosen


def buildable(cfg: DictConfig) -> dict[str, DictConfig]:
    """The parts of a configuration that can be built, by name: those with a _target_."""
    return {str(name): node for name, node in cfg.items() if isinstance(node, DictConfig) and "_target_" in node}


def choices_of_class(group: str, base: type) -> list[str]:
    """The choices of a config group whose _target_ is a class below `base`."""
    return sorted(name for name, target in _targets(group) if issubclass(_located(target), base))


def _targets(group: str) -> Iterator[tuple[str, str]]:
    for file in (CONF / group).glob("*.yaml"):
        target = OmegaConf.select(OmegaConf.load(file), "_target_")
        if target:
            yield file.stem, target


def _located(target: str) -> type:
    module, _, name = target.rpartition(".")
    found: type = getattr(import_module(module), name)
    return found
