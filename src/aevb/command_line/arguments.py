"""The arguments of a command, before Hydra reads them."""

import json
import os
import re
import sys
from pathlib import Path

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from aevb.errors import UserError
from aevb.signals import RANK_ARGUMENTS

FOLDERS = ("out", "run_dir", "hydra.run.dir", "hydra.sweep.dir")
WORDS = ("null", "true", "false", "inf", "nan")  # which Hydra would not read as strings
PATHS = (*FOLDERS, "run", "ckpt_path", "vq_vae", "data.dataset.root")


def prepare_arguments() -> None:
    """Put sys.argv into the form that Hydra takes; raises UserError for a path that is empty or has no name in UTF-8.

    A path needs no quotes but the shell's: run='my runs/a=1,b' is what it says. An option may stand before or after -m.
    """
    if RANK_ARGUMENTS in os.environ:  # Lightning repeats the command line, which may say -m, or ${now:...}
        sys.argv[1:] = json.loads(os.environ[RANK_ARGUMENTS])
        return
    try:
        places = {"The current folder": os.getcwd(), "AEVB_DATA": os.environ.get("AEVB_DATA", "")}
    except FileNotFoundError as error:
        raise UserError("The current folder is there no more: cd to one that is") from error
    for place, text in (*places.items(), *(("An argument", argument) for argument in sys.argv[1:])):
        _check_is_text(place, text)
    flags, overrides = _flags_first(sys.argv[1:])
    sweeps = bool({"-m", "--multirun"} & {*flags}) or "hydra.mode=MULTIRUN" in overrides
    sys.argv[1:] = [*flags, *(_path_quoted(override, sweeps) for override in overrides)]


def hydra_quoted(text: str) -> str:
    """A string as Hydra and OmegaConf read it back, whatever is in it.

    >>> print(hydra_quoted("0_a=1,b='c'"))
    '0_a=1,b=\\'c\\''
    >>> print(hydra_quoted("outputs/first-try"))
    outputs/first-try
    """
    if re.fullmatch(r"[A-Za-z/][A-Za-z0-9/._-]*", text) and text.lower() not in WORDS:
        return text
    text = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)  # no interpolation
    text = re.sub(r"(\\*)('|\Z)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), text)
    return f"'{text}'"


def _check_is_text(place: str, text: str) -> None:
    """Raise UserError for what could not be written into a run's files, which are in UTF-8, or not be read back."""
    if text.isascii():
        return
    if sys.getfilesystemencoding() != "utf-8":
        raise UserError(
            f"{place} has characters that are none in this locale, {text!a}: set PYTHONUTF8=1, or LC_ALL=C.UTF-8"
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UserError(f"{place} has bytes that are no UTF-8, {text!a}: give the folder another name") from error


def _flags_first(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What begins with a dash, with what it takes, and the overrides: argparse refuses overrides in two places."""
    if {"--info", "-i"} & {*arguments}:  # what it takes may be left out
        return arguments, []
    takes_value = {
        name for action in get_args_parser()._actions if action.nargs is None for name in action.option_strings
    }
    flags, overrides = [], []
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("-"):
            overrides.append(argument)
            continue
        flags.append(argument)
        if argument in takes_value:
            flags.extend(value for value in [next(rest, None)] if value is not None)
    return flags, overrides


def _path_quoted(override: str, sweeps: bool) -> str:
    """An override whose value is a path, quoted for Hydra where it would take the value for something else."""
    key, equals, value = override.partition("=")
    name = key.lstrip("+")
    if name not in PATHS or not equals:
        return override
    if value.strip().strip("'\"") == "" or (name in FOLDERS[1:] and value == "null"):
        raise UserError(f"{override}: expected a path; leave {name} out for the usual one")
    exists = _exists(Path(value))
    if not exists:
        if value == "null" or "${" in value or re.fullmatch(r"\[.*\]|'.*'|\".*\"", value, re.DOTALL):
            return override
        if sweeps and not name.startswith("hydra.") and re.search(r",|^\w+\(.*\)$", value):
            return override
    try:
        taken = OverridesParser.create().parse_override(f"{key}={value}").value()
    except HydraException:
        taken = ""
    as_it_is = isinstance(taken, int | float) and not exists  # 2024 is a folder if there is one of that name
    return override if as_it_is or (taken == value and "${" not in value) else f"{key}={hydra_quoted(value)}"


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long for a name, or with a NUL
        return False
