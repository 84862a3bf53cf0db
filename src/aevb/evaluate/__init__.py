"""Measure trained models: python -m aevb.evaluate run=<the folder of a run, or a checkpoint> [option=value ...]."""

from typing import TYPE_CHECKING, Any

import hydra
from omegaconf import DictConfig

import aevb.command_line.resolvers  # noqa: F401  (makes them known)
from aevb.command_line import CONF
from aevb.command_line.declared import commands, reads
from aevb.command_line.declared.refuse import refuse_bad_options
from aevb.command_line.plain_errors import at_work

if TYPE_CHECKING:
    from aevb.evaluate.measure import evaluate

__all__ = ["evaluate", "main"]


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="evaluate")
def main(cfg: DictConfig) -> list[dict[str, Any]]:
    """Evaluate each run that `run` stands for; returns the evaluations, as evaluation.json has them."""
    refuse_bad_options(cfg, commands.EVALUATE, reads.EVALUATE)
    from aevb.evaluate.run import evaluate_runs  # torch takes seconds to import, and --help does not need it

    with at_work():
        return evaluate_runs(cfg)


def __getattr__(name: str) -> Any:
    if name == "evaluate":  # for the same reason, only when it is asked for
        from aevb.evaluate.measure import evaluate

        return evaluate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
