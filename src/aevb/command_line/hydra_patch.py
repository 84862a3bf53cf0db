"""A faster --help, and tab completion of python -m aevb.<command>. The price is private methods of Hydra 1.3.

Hydra makes a repository of configurations for each group that it lists, and reads the same files again and again. One
repository for all of them takes a quarter of the time.
"""

from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.plugins import Plugins
from hydra.plugins.completion_plugin import CompletionPlugin

from aevb.command_line.completion import INSTALL, UNINSTALL


def read_groups_once() -> None:
    """Have Hydra reuse its repository of configurations wherever nothing tells one from another."""
    make = ConfigLoaderImpl._parse_overrides_and_create_caching_repo
    made: dict[tuple[str | None, ...], Any] = {}

    def make_once(self: ConfigLoaderImpl, config_name: str | None, overrides: list[str]) -> Any:
        key = (config_name, *overrides)
        if key not in made:
            made[key] = make(self, config_name, overrides)
        return made[key]

    ConfigLoaderImpl._parse_overrides_and_create_caching_repo = make_once  # type: ignore[method-assign]


def complete_modules() -> None:
    """Have -sc install=bash print our script: Hydra's completes python <file>.py alone."""
    bash: Any
    for bash in Plugins.instance().discover(CompletionPlugin):
        if bash.provides() == "bash":
            bash.install = lambda self: print(INSTALL)
            bash.uninstall = lambda self: print(UNINSTALL)
