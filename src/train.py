"""Train a model, test it and draw it: python -m src.train [option=value ...]."""

import hydra
from omegaconf import DictConfig

import src.resolvers  # noqa: F401  (makes them known)
from src.command_line import CONF, plain_errors


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
def main(cfg: DictConfig) -> float:
    """One run; returns its validation loss, for sweepers."""
    from src.training import train  # torch and Lightning take seconds to import, and --help needs neither

    return train(cfg)


if __name__ == "__main__":
    with plain_errors():
        main()
