"""A faster --help.

Hydra makes a repository of configurations for each group that it lists, and reads the same files again and again. One
repository for all of them takes a quarter of the time. The price is a private method of Hydra 1.3.
"""

from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl


def read_groups_once() -> None:
    """Have Hydra reuse its repository of configurations wherever nothing tells one from another."""
    make = ConfigLoaderImpl._parse_overrides_and_create_caching_repo
    made: list[Any] = []

    def make_once(self: ConfigLoaderImpl, config_name: str | None, overrides: list[str]) -> Any:
        if config_name or overrides:
            return make(self, config_name, overrides)
        if not made:
            made.append(make(self, config_name, overrides))
        return made[0]

    ConfigLoaderImpl._parse_overrides_and_create_caching_repo = make_once  # type: ignore[method-assign]
