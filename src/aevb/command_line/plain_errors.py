"""One message instead of a traceback for mistakes made on the command line."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, InstantiationException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from aevb.errors import DISK, ELSEWHERE, Interrupted, UserError

PACKAGE = Path(__file__).parents[1]
# Beside the code in a wheel, at the top of a clone.
CONF = PACKAGE / "conf" if (PACKAGE / "conf").is_dir() else PACKAGE.parents[1] / "conf"


@contextmanager
def plain_errors(config_name: str = "train") -> Iterator[None]:
    """Print what a user can mend as one message and exit with 1; HYDRA_FULL_ERROR=1 shows tracebacks.

    config_name: the configuration that an entry point composes, for the names that there are.

    Anything else is a bug, and keeps its traceback.
    """
    if {"--help", "-h"} & {*sys.argv}:
        _read_groups_once()
    if os.environ.get("HYDRA_FULL_ERROR") == "1":
        yield
        return
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands errors on instead of printing them its own way
    try:
        yield
    except UserError as error:
        _fail(str(error))
    except Interrupted as error:
        _fail(str(error), code=130)
    except KeyboardInterrupt:
        _fail("Interrupted.", code=130)
    except InstantiationException as error:
        _fail(_instantiation(error))
    except (HydraException, OmegaConfBaseException) as error:
        _fail(_composition(error, config_name))
    except ValueError as error:
        if "Config group override" not in str(error):  # what Hydra says of model=null
            raise
        _fail(f"{error}. Choose one of the files in {CONF.name}/, or leave the group out.")
    except OSError as error:
        if error.errno not in DISK:
            raise
        _fail(f"{error.filename or 'The output folder'} could not be written: {DISK[error.errno]}. {ELSEWHERE}")


def _read_groups_once() -> None:
    """Have --help reuse Hydra's repository of configurations, of which it makes one for each group that it lists."""
    make = ConfigLoaderImpl._parse_overrides_and_create_caching_repo
    made: list[Any] = []

    def make_once(self: ConfigLoaderImpl, config_name: str | None, overrides: list[str]) -> Any:
        if config_name or overrides:
            return make(self, config_name, overrides)
        if not made:
            made.append(make(self, config_name, overrides))
        return made[0]

    ConfigLoaderImpl._parse_overrides_and_create_caching_repo = make_once  # type: ignore[method-assign]


def _fail(message: str, code: int = 1) -> None:
    print(f"Error: {message}", file=sys.stderr)
    sys.exit(code)


def _instantiation(error: InstantiationException) -> str:
    """The message of what a class raised when Hydra built it."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    key = re.search(r"full_key: (\S+)", str(error))
    return f"{key.group(1)}: {cause}" if key else str(cause)


def _composition(error: Exception, config_name: str) -> str:
    """Hydra's message, and for a name that does not exist the names that do."""
    message = str(error).split("\nConfig search path:")[0]
    if (
        "raised while resolving interpolation: " in message
    ):  # what one of aevb.command_line.resolvers says of its arguments
        return message.split("raised while resolving interpolation: ")[1].split("\n")[0]
    unknown = re.search(r"Could not (?:override|append to config|delete from config)[^']*'([^']+)'", message)
    if unknown is None:
        return message
    key = unknown.group(1).split("@")[0]
    node, parent = _composed(config_name), ""
    *parents, last = key.split(".")
    for name in parents:
        if not (isinstance(node, DictConfig) and isinstance(node.get(name), DictConfig)):
            last = name
            break
        node, parent = node[name], f"{parent}{name}."
    groups = () if parent or config_name != "train" else (folder.name for folder in CONF.iterdir() if folder.is_dir())
    names = sorted({parent + name for name in (*map(str, node), *groups) if not name.startswith("_")})
    if f"{parent}{last}" in names:
        return message  # it does exist: +name was said of it
    close = get_close_matches(f"{parent}{last}", names, n=1)
    guess = f" Did you mean {close[0]}?" if close else ""
    return f"there is no option {key!r}.{guess} There are: {', '.join(names) or 'none'}."


def _composed(config_name: str) -> DictConfig:
    """The configuration with the groups chosen on the command line (`train` has some), and no other override."""
    choices = [
        argument
        for argument in sys.argv[1:]
        if config_name == "train"
        and re.fullmatch(r"\w+=\w+", argument)
        and (CONF / argument.replace("=", "/")).with_suffix(".yaml").is_file()
    ]
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose(config_name, overrides=choices)
    OmegaConf.set_struct(cfg, False)
    return cfg
