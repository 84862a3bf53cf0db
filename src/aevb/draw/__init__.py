"""Draw a trained model: python -m aevb.draw run=<the folder of a run, or a checkpoint> [option=value ...]."""

from typing import TYPE_CHECKING, Any

import hydra
from omegaconf import DictConfig

import aevb.command_line.resolvers  # noqa: F401  (makes them known)
from aevb.command_line import CONF
from aevb.command_line.declared import commands, reads
from aevb.command_line.declared.refuse import refuse_bad_options
from aevb.command_line.plain_errors import at_work

if TYPE_CHECKING:
    from aevb.draw.pictures import draw

__all__ = ["draw", "main"]


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="draw")
def main(cfg: DictConfig) -> None:
    """Draw the figures of one run, or the learning curves of several."""
    refuse_bad_options(cfg, commands.DRAW, reads.DRAW)
    from aevb.draw.run import draw_runs  # torch takes seconds to import, and --help does not need it

    with at_work():
        draw_runs(cfg)


def __getattr__(name: str) -> Any:
    if name == "draw":  # for the same reason, only when it is asked for
        from aevb.draw.pictures import draw

        return draw
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
