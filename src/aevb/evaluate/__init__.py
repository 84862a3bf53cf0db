"""Measure trained models: python -m src.evaluate run=<the folder of a run, or a checkpoint> [option=value ...]."""

from typing import Any

import hydra
from omegaconf import DictConfig

from aevb.command_line.plain_errors import CONF

evaluations: list[dict[str, Any]] = []  # of all jobs of a multirun, which Hydra runs in one process


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="evaluate")
def main(cfg: DictConfig) -> None:
    """Evaluate each run that `run` stands for."""
    from aevb.evaluate.run import evaluate  # torch takes seconds to import, and --help does not need it

    evaluations.extend(evaluate(cfg))
