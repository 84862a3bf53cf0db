"""Names that a user chooses among."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from omegaconf import DictConfig, ListConfig

from aevb.errors import UserError


def chosen_names(kind: str, asked: Any, known: Sequence[str]) -> list[str]:
    """The names in a list, or the one name; UserError, with a guess at what was meant, for one that is not known."""
    chosen = list(asked) if isinstance(asked, ListConfig) else [asked]
    for name in chosen:
        if name not in known:
            close = get_close_matches(str(name), known, n=1, cutoff=0.5)
            guess = f" Did you mean {close[0]}?" if close else ""
            raise UserError(f"there is no {kind} {name!r}.{guess} There are: {', '.join(known)}.")
    return chosen


def buildable(cfg: DictConfig) -> list[str]:
    """The names of a configuration's parts that can be built: those with a _target_."""
    return [str(name) for name, node in cfg.items() if isinstance(node, DictConfig) and "_target_" in node]
