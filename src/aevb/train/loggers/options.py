"""The options of a run, for its loggers."""

from collections.abc import Iterable, Mapping
from typing import Any

from lightning.pytorch.loggers import Logger

from aevb.command_line.observers import OBSERVERS
from aevb.train.loggers.tensorboard import TensorBoard, Value
from aevb.train.same_options import Options, flat

# The columns that every row of TensorBoard's page HParams has, besides the options that were given.
ALWAYS = ("latent_dim", "loss.beta", "optimizer.lr", "data.batch_size", "trainer.max_epochs", "seed")
NO_COLUMNS = ("figures", "figures_split", "logger", "speed", "trainer.accelerator", "trainer.devices")


def log_options(loggers: Iterable[Logger], config: dict[str, Any], given: Options) -> None:
    """Log all choices and options that a run has; on TensorBoard those that are worth a column.

    config: resolved, with the `choices` of config groups. given: those that are no defaults.
    """
    everything = options_of(config)
    for logger in loggers:
        logger.log_hyperparams({name: plain(value) for name, value in everything.items()})
        if isinstance(logger, TensorBoard):
            logger.log_options(columns(config, given))


def options_of(config: dict[str, Any]) -> Options:
    """The choices and options that make a run what it is, each once: not those of callbacks that only look on."""
    choices, callbacks = config["choices"], effective_callbacks(config)
    groups = {group: config.get(group) for group in (*choices, "trainer")}
    values = flat({**{name: config[name] for name in ("latent_dim", "seed", "seeds")}, **groups, **callbacks})
    return {**choices, **{name: value for name, value in values.items() if not _is_said_elsewhere(name, values)}}


def effective_callbacks(config: dict[str, Any]) -> Options:
    """The names of the callbacks that change what a run does, and their options; empty where there are none."""
    callbacks = {name: node for name, node in (config.get("callbacks") or {}).items() if name not in OBSERVERS}
    options = flat({"callbacks": callbacks})
    shown = {name: value for name, value in options.items() if not name.rpartition(".")[2].startswith("_")}
    return {"callbacks": [*callbacks], **shown} if callbacks else {}


def columns(config: dict[str, Any], given: Options) -> Mapping[str, Value]:
    """The options that are columns: what was given, and a few that every run has. TensorBoard puts those first that
    differ between runs."""
    values = flat(config)
    always = {name: values[name] for name in ALWAYS if name in values}
    chosen = {name: config["choices"][name] for name in ("model", "loss", "data") if name in config["choices"]}
    found = {name: value for name, value in given.items() if not _is_within(name, "callbacks")}
    options = {**chosen, **always, **found, **effective_callbacks(config)}
    return {
        name: plain(value)
        for name, value in options.items()
        if not any(_is_within(name, other) for other in NO_COLUMNS)
    }


def _is_said_elsewhere(name: str, values: Options) -> bool:
    """Whether a choice, or another option that this one follows, says the same: model.loss.beta is loss.beta."""
    last, value = name.rpartition(".")[2], values[name]
    same = (name.removeprefix("model."), "latent_dim" if last == "latent_dim" else name)
    return last.startswith("_") or any(other != name and values.get(other, ...) == value for other in same)


def _is_within(name: str, node: str) -> bool:
    return name == node or name.startswith(f"{node}.")


def plain(value: object) -> Value:
    """A value as a logger takes it; a list as text."""
    return value if isinstance(value, bool | int | float | str) else str(value)
