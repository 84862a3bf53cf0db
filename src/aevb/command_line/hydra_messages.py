"""Hydra's complaints in plain words."""

import re
import sys
from difflib import get_close_matches

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException
from yaml import safe_load

from aevb.command_line import CONF
from aevb.command_line.part_arguments import arguments_of
from aevb.command_line.suggestions import unknown_name
from aevb.errors import out_of_memory

QUOTED = "'option=\"value\"'"
PLUGINS = ("hydra/launcher", "hydra/sweeper")
LISTS = ("figures", "sections", "callbacks", "logger")  # groups of which several choices are made


def root_cause(error: BaseException) -> BaseException:
    """What was raised first."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def instantiation_message(error: InstantiationException) -> str:
    """The message of what a class raised when Hydra built it, with the option that the class is of."""
    key = re.search(r"full_key: (\S+)", str(error))
    cause = root_cause(error)
    message = out_of_memory(cause) or missing_name(cause) or str(cause)
    if isinstance(
        cause, TypeError | AttributeError | LookupError | ArithmeticError | NameError
    ):  # in a part's own code
        message = f"{type(cause).__name__}, {message}. HYDRA_FULL_ERROR=1 shows where"
    # The parts of a model are set by their own names: model.encoder is ${encoder}.
    return f"{key.group(1).removeprefix('model.')}: {message}" if key else message


def missing_name(error: BaseException) -> str | None:
    """What to say where a module is there and lacks the name of a _target_; None for any other error."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    module, _, name = error.name.rpartition(".")
    if module not in sys.modules:
        return None
    close = get_close_matches(name, dir(sys.modules[module]), n=1, cutoff=0.8)
    return f"{module} has no {name}.{f' Did you mean {close[0]}?' if close else ''}"


def group_message(complaint: str) -> str:
    """What to do about a config group that is given no name, as model=null is."""
    for argument in sys.argv[1:]:
        group, _, value = argument.partition("=")
        if (CONF / group).is_dir() and value and not isinstance(safe_load(value), str | list):
            names = ", ".join(sorted(file.stem for file in (CONF / group).glob("*.yaml")))
            return f"{argument}: {complaint}. There are in {CONF.name}/{group}: {names}."
    return f"{complaint}. Choose one of the files in {CONF.name}/, or leave the group out."


def composition_message(error: Exception, config_name: str) -> str:
    """Hydra's message, and for a name that does not exist the names that do."""
    message = str(error).split("\nConfig search path:")[0]
    if unread := re.match(r"(?:LexerNoViableAltException: (\S+)|token recognition error at: '(.*)')", message):
        text = unread.group(1) or unread.group(2)
        given = next((argument for argument in sys.argv[1:] if text in argument), text)
        return f"{given}: such characters are read only within quotes, which the shell needs quoted, too: {QUOTED}"
    if "raised while resolving interpolation: " in message:  # what one of our resolvers says of its arguments
        message = message.split("raised while resolving interpolation: ")[1].strip('"')
    if isinstance(error, OmegaConfBaseException):
        message = message.split("\n")[0]
        named = re.findall(r"'([^']+)'", message)
        given = (argument for argument in sys.argv[1:] if "${" in argument and any(name in argument for name in named))
        where = error.full_key or next(given, None)
        return f"{where}: {message}" if where and "=" not in message else message
    if (choice := re.search(r"Could not (?:find|load) '(\w+)/(\w+)'", message)) and (CONF / choice.group(1)).is_dir():
        group, name = choice.groups()
        kind = group.removesuffix("s") if group in LISTS else group
        return unknown_name(kind, name, sorted(file.stem for file in (CONF / group).glob("*.yaml")))
    if not (unknown := re.search(r"Could not (?:override|append to config|delete from config)[^']*'([^']+)'", message)):
        return message
    key = unknown.group(1).split("@")[0]
    cfg, groups = _composed(config_name, of_hydra=key.startswith("hydra."))
    node, parent = cfg, ""
    *parents, last = key.split(".")
    for name in parents:
        if not (isinstance(node, DictConfig) and isinstance(node.get(name), DictConfig)):
            last = name
            break
        node, parent = node[name], f"{parent}{name}."
    names = sorted(
        {parent + name for name in (*map(str, node), *(() if parent else groups)) if not name.startswith("_")}
    )
    if f"{parent}{last}" in names:
        return message  # it does exist: +name was said of it
    taken = arguments_of(node) or [] if isinstance(node, DictConfig) and not last.startswith("_") else []
    if f"{parent}{last}" == key and last in [argument.name for argument in taken]:
        return f"{key} is left at its default in {CONF.name}/: a plus sign adds it, as in +{key}=..."
    message = unknown_name("option", f"{parent}{last}", names)
    plugin = parent.removesuffix(".").replace(".", "/")
    if plugin in PLUGINS:
        return f"{message} These are the options of {plugin}={cfg.hydra.runtime.choices[plugin]}; others have others."
    return message


def _composed(config_name: str, of_hydra: bool) -> tuple[DictConfig, list[str]]:
    """The configuration with the groups that are chosen on the command line and no other override, and its groups.

    of_hydra: with Hydra's own part.
    """
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        plain = compose(config_name, return_hydra_config=True)
        groups = [group for group in plain.hydra.runtime.choices if "/" not in group]
        chosen = [argument for argument in sys.argv[1:] if _chooses(argument, [*groups, *PLUGINS])]
        cfg = compose(config_name, overrides=chosen, return_hydra_config=of_hydra) if chosen else plain
    OmegaConf.set_struct(cfg, False)
    if not of_hydra:
        with open_dict(cfg):
            cfg.pop("hydra", None)
    return cfg, groups


def _chooses(argument: str, groups: list[str]) -> bool:
    """Whether an argument chooses existing files of a config group: model=conv_vae, figures=[tsne,latent_scatter]."""
    group, _, value = argument.partition("=")
    names = value.strip("[]").split(",")
    return group in groups and all((CONF / group / f"{name}.yaml").is_file() for name in names)
