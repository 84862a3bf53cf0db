"""The options of a run, for its loggers."""

from collections.abc import Iterable, Mapping
from typing import Any

from lightning.pytorch.loggers import Logger

from aevb.train.loggers.tensorboard import TensorBoard, Value
from aevb.train.same_options import Options, flat

# The columns that every row of TensorBoard's page HParams has, besides the options that were given.
ALWAYS = ("latent_dim", "loss.beta", "optimizer.lr", "data.batch_size", "trainer.max_epochs", "seed")
NO_COLUMNS = ("callbacks", "figures", "figures_split", "logger", "speed", "trainer.accelerator", "trainer.devices")


def log_options(loggers: Iterable[Logger], config: dict[str, Any], given: Options) -> None:
    """Log all choices and options that a run has; on TensorBoard those that are worth a column.

    config: resolved, with the `choices` of config groups. given: those that are no defaults.
    """
    choices, values = config["choices"], flat({group: config.get(group) for group in config["choices"]})
    options = {name: value for name, value in values.items() if not name.rpartition(".")[2].startswith("_")}
    everything = {**choices, "latent_dim": config["latent_dim"], "seed": config["seed"], **options}
    for logger in loggers:
        logger.log_hyperparams({name: plain(value) for name, value in everything.items()})
        if isinstance(logger, TensorBoard):
            logger.log_options(columns(config, given))


def columns(config: dict[str, Any], given: Options) -> Mapping[str, Value]:
    """The options that are columns: what was given, and a few that every run has. TensorBoard puts those first that
    differ between runs."""
    values = flat(config)
    always = {name: values[name] for name in ALWAYS if name in values}
    chosen = {name: config["choices"][name] for name in ("model", "loss", "data") if name in config["choices"]}
    options = {**chosen, **always, **given}
    return {
        name: plain(value)
        for name, value in options.items()
        if not any(name == other or name.startswith(f"{other}.") for other in NO_COLUMNS)
    }


def plain(value: object) -> Value:
    """A value as a logger takes it; a list as text."""
    return value if isinstance(value, bool | int | float | str) else str(value)
