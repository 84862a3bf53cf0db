"""One table for several runs: python -m aevb.compare run=<a folder with runs> [option=value ...]."""

import hydra
from omegaconf import DictConfig

import aevb.command_line.resolvers  # noqa: F401  (makes them known)
from aevb.command_line import CONF
from aevb.command_line.declared import commands, reads
from aevb.command_line.declared.refuse import refuse_bad_options
from aevb.command_line.plain_errors import at_work

__all__ = ["main"]


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="compare")
def main(cfg: DictConfig) -> None:
    """Compare runs by what they have written: a table in the terminal, as CSV and as Markdown, and a figure."""
    refuse_bad_options(cfg, commands.COMPARE, reads.COMPARE)
    from aevb.compare.run import compare_runs  # matplotlib takes its time to import, and --help does not need it

    with at_work():
        compare_runs(cfg)
