"""Train a model, test it and draw it: python -m aevb.train [option=value ...]."""

from typing import TYPE_CHECKING, Any

import hydra
from omegaconf import DictConfig

import aevb.command_line.resolvers  # noqa: F401  (makes them known)
from aevb.command_line import CONF
from aevb.command_line.declared import commands, reads
from aevb.command_line.declared.refuse import refuse_bad_options
from aevb.command_line.launchers import settle_place
from aevb.command_line.plain_errors import at_work
from aevb.command_line.sweeps.pruned import Pruned

if TYPE_CHECKING:
    from aevb.train.data_module import ImageDataModule
    from aevb.train.module import LightningModel

__all__ = ["ImageDataModule", "LightningModel", "main"]


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
def main(cfg: DictConfig) -> float | Pruned:
    """One run; returns the figure that sweepers minimise, or where a search has ended it."""
    refuse_bad_options(cfg, commands.TRAIN, reads.TRAIN)
    settle_place(cfg)
    from aevb.train.run import train  # torch and Lightning take seconds to import, and --help needs neither

    with at_work():
        return train(cfg)


def __getattr__(name: str) -> Any:
    # For the same reason, only when they are asked for.
    if name == "LightningModel":
        from aevb.train.module import LightningModel

        return LightningModel
    if name == "ImageDataModule":
        from aevb.train.data_module import ImageDataModule

        return ImageDataModule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
