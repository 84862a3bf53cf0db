"""A faster start, and tab completion of python -m aevb.<command>. The price is private functions of Hydra 1.3."""

import sys
from typing import Any

import omegaconf._utils
import yaml
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.hydra import Hydra
from hydra.core.plugins import Plugins
from hydra.plugins.completion_plugin import CompletionPlugin

from aevb.command_line.completion import INSTALL, UNINSTALL

SAY_MORE = ("hydra.mode", "experiment", "--config-", "-cn", "-cp", "-cd")  # arguments that may set hydra.mode
COMPOSE_FOR_MODE = Hydra.get_mode


def read_groups_once() -> None:
    """Have Hydra reuse its repository of configurations wherever nothing tells one from another.

    For --help it makes one for each group that it lists: one for all of them takes a quarter of the time.
    """
    make = ConfigLoaderImpl._parse_overrides_and_create_caching_repo
    made: dict[tuple[str | None, ...], Any] = {}

    def make_once(self: ConfigLoaderImpl, config_name: str | None, overrides: list[str]) -> Any:
        key = (config_name, *overrides)
        if key not in made:
            made[key] = make(self, config_name, overrides)
        return made[key]

    ConfigLoaderImpl._parse_overrides_and_create_caching_repo = make_once  # type: ignore[method-assign]


def compose_once() -> None:
    """Have Hydra not compose the whole configuration to find out its hydra.mode where nothing can have set that."""
    Hydra.get_mode = _get_mode  # type: ignore[method-assign]


def _get_mode(self: Hydra, config_name: str | None, overrides: list[str]) -> Any:
    says_more = any(argument.lstrip("+~").startswith(SAY_MORE) for argument in (*overrides, *sys.argv[1:]))
    return COMPOSE_FOR_MODE(self, config_name, overrides) if says_more else None


def read_yaml_in_c() -> None:
    """Have OmegaConf read files by libyaml, where PyYAML has it, in an eighth of the time."""
    if not yaml.__with_libyaml__:
        return
    in_python, yaml.SafeLoader = yaml.SafeLoader, yaml.CSafeLoader
    loader = omegaconf._utils.get_yaml_loader()
    yaml.SafeLoader = in_python
    omegaconf._utils.get_yaml_loader = lambda: loader


def complete_modules() -> None:
    """Have -sc install=bash print our script: Hydra's completes python <file>.py alone."""
    bash: Any
    for bash in Plugins.instance().discover(CompletionPlugin):
        if bash.provides() == "bash":
            bash.install = lambda self: print(INSTALL)
            bash.uninstall = lambda self: print(UNINSTALL)
