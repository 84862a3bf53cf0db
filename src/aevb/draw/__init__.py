"""Draw a trained model: python -m src.draw run=<the folder of a run, or a checkpoint> [option=value ...]."""

import hydra
from omegaconf import DictConfig

from aevb.command_line.plain_errors import CONF


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="draw")
def main(cfg: DictConfig) -> None:
    """Draw the figures of one run, or the learning curves of several."""
    from aevb.draw.run import draw  # torch takes seconds to import, and --help does not need it

    draw(cfg)
