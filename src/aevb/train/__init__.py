"""Train a model, test it and draw it: python -m src.train [option=value ...]."""

import hydra
from omegaconf import DictConfig

import aevb.command_line.resolvers  # noqa: F401  (makes them known)
from aevb.command_line.plain_errors import CONF


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
def main(cfg: DictConfig) -> float:
    """One run; returns its validation loss, for sweepers."""
    from aevb.train.run import train  # torch and Lightning take seconds to import, and --help needs neither

    return train(cfg)
