"""Measure the noise of gradients: python -m src.compare_estimators run=<the folder of a run, or a checkpoint>."""

import hydra
from omegaconf import DictConfig

from src.command_line import CONF, plain_errors


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="compare_estimators")
def main(cfg: DictConfig) -> None:
    """Compare the estimators of the ELBO and of tighter bounds on one model."""
    from src.laboratory import compare  # torch takes seconds to import, and --help does not need it

    compare(cfg)


if __name__ == "__main__":
    with plain_errors("compare_estimators"):
        main()
