"""The configuration of a figure: the function with its options, and when training draws it."""

from collections.abc import Callable
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

SCHEDULE = ("every_n_epochs", "max_images", "split")


def figure_of(node: DictConfig) -> Callable[..., Any]:
    """A figure's function, with its options."""
    options = {key: node[key] for key in node if key not in SCHEDULE}
    named = DictConfig(options, key=node._key(), parent=node._get_parent())  # errors name its place
    figure: Callable[..., Any] = instantiate(named, _convert_="all")
    return figure


def schedule_of(node: DictConfig) -> dict[str, Any]:
    """When training draws a figure, and from which images."""
    return {key: node[key] for key in SCHEDULE}
