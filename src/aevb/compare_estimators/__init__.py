"""Measure the noise of gradients: python -m src.compare_estimators run=<the folder of a run, or a checkpoint>."""

import hydra
from omegaconf import DictConfig

from aevb.command_line.plain_errors import CONF


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="compare_estimators")
def main(cfg: DictConfig) -> None:
    """Compare the estimators of the ELBO and of tighter bounds on one model."""
    from aevb.compare_estimators.run import compare  # torch takes seconds to import, and --help does not need it

    compare(cfg)
