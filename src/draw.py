"""Draw a trained model: python -m src.draw run=<the folder of a run, or a checkpoint> [option=value ...]."""

import hydra
from omegaconf import DictConfig

from src.command_line import CONF, plain_errors


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="draw")
def main(cfg: DictConfig) -> None:
    """Draw the figures of one run, or the learning curves of several."""
    from src.drawing import draw  # torch takes seconds to import, and --help does not need it

    draw(cfg)


if __name__ == "__main__":
    with plain_errors("draw"):
        main()
