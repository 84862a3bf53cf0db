"""The values of a composed configuration against their declarations."""

from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from aevb.command_line.declared.kinds import NAME, TRUE_OR_FALSE, Kind, one_of
from aevb.errors import UserError

KNOWN = ("aevb.", "torch.", "torchvision.", "lightning.", "functools.")  # where parts come from whose options we know
OF_HYDRA = {  # of any part
    "_target_": NAME,
    "_partial_": TRUE_OR_FALSE,
    "_recursive_": TRUE_OR_FALSE,
    "_convert_": one_of("none", "partial", "object", "all"),
}
LONGEST = 80  # characters of a value in a message


def refuse_bad_values(cfg: DictConfig, declared: Mapping[str, Kind]) -> None:
    """Raise UserError for the first value that is not of the kind that its option takes.

    Options that are not declared, and those of parts from elsewhere, are free.
    """
    for name, kind, value in checked_options(cfg, declared):
        if kind is not None and not kind.takes(value):
            raise UserError(complaint(name, kind, value))


def complaint(name: str, kind: Kind, value: object) -> str:
    """What is wrong with a value that an option does not take; of a list, its first wrong value, if one is."""
    if isinstance(value, list) and kind.each:
        for i, each in enumerate(value):
            if not kind.each.takes(each):
                return complaint(f"{name}[{i}]", kind.each, each)
    return f"{name}={shown(value)}: expected {kind.expected}{kind.objection(value)}"


def checked_options(
    cfg: DictConfig, declared: Mapping[str, Kind], prefix: str = ""
) -> Iterator[tuple[str, Kind | None, Any]]:
    """The options, by dotted name, each with its kind, None where it is not declared, and its plain value.

    A node of options is one itself only where it is declared. Single values come before nodes, so that a value that
    others follow is blamed by its own name.
    """
    target = "" if OmegaConf.is_missing(cfg, "_target_") else cfg.get("_target_", "")
    if prefix and isinstance(target, str) and target and not target.startswith(KNOWN):
        return
    for key in sorted(cfg, key=lambda key: (_holds_options(cfg, key), key == "model")):
        name = f"{prefix}{key}"
        kind = kind_of(name, str(target), declared)
        value = "???" if OmegaConf.is_missing(cfg, key) else cfg[key]
        if kind is not None or not isinstance(value, DictConfig):
            yield name, kind, plain(value)
        # What a reference is to is checked where it stands.
        if isinstance(value, DictConfig) and not OmegaConf.is_interpolation(cfg, key):
            yield from checked_options(value, declared, f"{name}.")


def kind_of(name: str, target: str, declared: Mapping[str, Kind]) -> Kind | None:
    """The kind of an option: as declared for its class, or its name, or any name in its place."""
    if (kind := OF_HYDRA.get(name.rpartition(".")[2])) or "." not in name:
        return kind or declared.get(name)
    group, _, *below = name.split(".")
    node, _, option = name.rpartition(".")
    own = f"{target.rpartition('.')[2]}.{option}"
    for known in (own, name, ".".join([group, "*", *below]), f"{node}.*"):
        if known in declared:
            return declared[known]
    return None


def plain(value: Any) -> Any:
    """A resolved value as Python's own types."""
    return OmegaConf.to_container(value, resolve=True) if isinstance(value, DictConfig | ListConfig) else value


def shown(value: object) -> str:
    """A value as it is typed, not longer than a line.

    >>> shown(None), shown("a"), shown([True, 1])
    ('null', "'a'", '[true, 1]')
    """
    match value:
        case None:
            text = "null"
        case bool():
            text = str(value).lower()
        case list():
            text = f"[{', '.join(map(shown, value))}]"
        case dict():
            text = "{" + ", ".join(f"{key}: {shown(each)}" for key, each in value.items()) + "}"
        case _:
            text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _holds_options(cfg: DictConfig, key: Any) -> bool:
    return not OmegaConf.is_interpolation(cfg, key) and isinstance(cfg._get_node(key), DictConfig)
