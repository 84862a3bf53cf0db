"""Options of the command line that nothing reads."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from aevb.command_line import CONF
from aevb.command_line.suggestions import unknown_name
from aevb.errors import UserError

LISTS = ("callbacks", "figures", "logger", "sections")  # of parts, of which those with a _target_ are built
REFERENCE = re.compile(r"\$\{([\w.\[\]]+)\}")
RESOLVED = re.compile(r"\$\{([\w.]+):([^{}]*)\}")


@dataclass(frozen=True)
class Needs:
    """What must be so for an option to have an effect, in words, and whether it is; None: it never has one."""

    words: str
    fulfilled: Callable[[DictConfig], bool] | None = None


@dataclass(frozen=True)
class Reads:
    """What a command reads of its configuration.

    always: the options and nodes without which it cannot do; `advice` is for some that are missing, by name.
    names: those that it reads itself, for a configuration; others have an effect where these refer to them.
    readers: what would read an option, by the option's name.
    needs: what an option needs to have an effect, by its name, or with * in place of the name of a choice.
    """

    always: Collection[str]
    names: Callable[[DictConfig], Collection[str]]
    readers: Callable[[DictConfig], Mapping[str, str]] = lambda cfg: {}
    needs: Mapping[str, Needs] = field(default_factory=dict)
    advice: Mapping[str, str] = field(default_factory=dict)


def refuse_missing(cfg: DictConfig, reads: Reads) -> None:
    """Raise UserError for an option that the command needs and the configuration lacks, as ~seed makes it."""
    raw: Any = OmegaConf.to_container(cfg, resolve=False)
    for name in reads.always:
        node, _, last = name.rpartition(".")
        siblings = _select(raw, node) if node else raw
        if siblings is None or (isinstance(siblings, dict) and last not in siblings):
            taken = any(override.startswith("~") for override in HydraConfig.get().overrides.task)
            advice = f"leave ~{name} out" if taken else "is --config-name, or --config-path, that of another command?"
            raise UserError(f"{name} is missing: {reads.advice.get(name, advice)}")


def refuse_without_effect(cfg: DictConfig, overrides: Sequence[str], groups: Collection[str], reads: Reads) -> None:
    """Raise UserError for the first override that has no effect on this configuration; groups are those of choices."""
    raw: Any = OmegaConf.to_container(cfg, resolve=False)
    reached = {*references(raw, reads.names(cfg))}
    for override in overrides:
        key, _, value = override.lstrip("+").partition("=")
        group, at, package = key.partition("@")
        key = package or group  # +encoder@second=mlp is an option named second
        if value.startswith("[") and group not in LISTS and (CONF / group).is_dir():
            raise UserError(f"{group} must be one choice, got {value}: run several with -m {group}=a,b")
        if value.startswith("[") and group in LISTS and {"none"} < {*(names := value.strip("[]").split(","))}:
            others = ",".join(name for name in names if name != "none")
            raise UserError(f"{override}: none goes with no other choice. Give {group}=[{others}], or {group}=none")
        chooses = not at and (key in LISTS or (key in groups and key not in raw))
        if value == "{}" and not override.startswith("+"):
            raise UserError(f"{override} has no effect: options are added to those that there are. Leave it out")
        if chooses or override.startswith("~"):
            continue
        if not any(_is_within(key, name) or _is_within(name, key) for name in reached):
            raise UserError(f"{override} has no effect: {_why_unread(key, cfg, reads)}")
        for name in (key, re.sub(r"\.\w+\.", ".*.", key, count=1)):
            need = reads.needs.get(name)
            if need and not (need.fulfilled and need.fulfilled(cfg)):
                raise UserError(f"{override} has no effect: {need.words}")


def references(raw: Any, names: Collection[str]) -> Iterator[str]:
    """The names of options or nodes, and those of all that they refer to."""
    waiting, found = [*names], set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [
                other for path, text in _texts(name, _select(raw, name)) for other in _names_in(path, text, raw)
            ]
            yield name


def _names_in(path: str, text: str, raw: Any) -> Iterator[str]:
    """The options that a text at a path refers to."""
    for name in REFERENCE.findall(text):
        above = len(name) - len(name.lstrip("."))  # ${.lr} is beside the text, ${..seed} a node above
        base = path.split(".")[:-above] if above else []
        yield ".".join([*base, re.sub(r"\[\w+\]", "", name[above:])])
    for resolver, arguments in RESOLVED.findall(REFERENCE.sub("", text)):
        for argument in re.findall(r"[\w.]+", arguments):
            yield from (name for name in (argument, f"{resolver}.{argument}") if _select(raw, name) is not None)


def _texts(path: str, node: Any) -> Iterator[tuple[str, str]]:
    """The texts in a node, with their paths."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(f"{path}.{key}", value)
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from _texts(f"{path}.{i}", value)
    elif isinstance(node, str):
        yield path, node


def _select(raw: Any, name: str) -> Any:
    """What is at a dotted name; None where there is nothing."""
    for key in name.split("."):
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw


def _is_within(name: str, node: str) -> bool:
    return name == node or name.startswith(f"{node}.")


def _why_unread(key: str, cfg: DictConfig, reads: Reads) -> str:
    first, *rest = key.split(".")
    names, readers = reads.names(cfg), reads.readers(cfg)
    if first in LISTS:
        chosen = sorted(name.partition(".")[2] for name in names if name.startswith(f"{first}."))
        return f"{first} does not choose {rest[0]}. It chooses {', '.join(chosen) or 'none'}"
    if first in readers:
        return readers[first]
    if meant := [name for name in names if name.endswith(f".{first}")]:
        return f"did you mean {'.'.join([meant[0], *rest])}?"
    return unknown_name("option", first, sorted({name.partition(".")[0] for name in names} | set(readers)))
