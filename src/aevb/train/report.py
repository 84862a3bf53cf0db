"""The report of a run: metrics.json, and a table in the terminal."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.loggers import Logger, TensorBoardLogger
from rich.console import Console
from rich.table import Table

from aevb.files import relative_to_cwd, shell_path, write_text_atomically
from aevb.terminal import format_number, shell_command
from aevb.train.loggers.results import STAGES
from aevb.train.stopped_early import why_stopped_early


def write_metrics(run_dir: Path, metrics: dict[str, Any]) -> None:
    """Write metrics.json."""
    write_text_atomically(run_dir / "metrics.json", json.dumps(metrics, indent=2) + "\n")


def print_summary(trainer: Trainer, run_dir: Path, metrics: dict[str, Any], not_printed: Collection[str]) -> None:
    """Print the metrics of the tested checkpoint but for some, the run folder and how to look at it."""
    stages = [stage for stage in STAGES if metrics[stage]]
    table = Table("", title=f"{metrics['data']['name']}, {metrics['data']['scored']['test']:,} test images")
    for stage in stages:
        table.add_column(stage, justify="right")
    table.add_column("unit")
    for name in (name for name in metrics["test"] if name not in not_printed):
        table.add_row(name, *(_value(metrics, stage, name) for stage in stages), metrics["units"][name])
    console = Console()
    console.print(table)
    console.print(
        f"{metrics['epochs']} epoch{'s' * (metrics['epochs'] != 1)} in {metrics['seconds']:.0f} s, "
        f"{metrics['images_per_second']:,.0f} images/s",
        highlight=False,
    )
    if metrics["epochs"] < (trainer.max_epochs or 0) and (why := why_stopped_early(trainer)):
        print(why)
    if "seeds" in metrics:
        seeds = [own["seed"] for own in metrics["seeds"]]
        print(f"Mean ± standard deviation of {len(seeds)} seeds, each a run by itself: seed-{seeds[0]} to "
              f"seed-{seeds[-1]}")  # fmt: skip
    board = shell_command(
        "tensorboard.main", "--logdir", str(relative_to_cwd(run_dir)), "--samples_per_plugin", "images=1000"
    )
    print(f"Run folder: {shell_path(run_dir)}")
    if any(_is_within(run_dir, logger) for logger in trainer.loggers):
        print(f"TensorBoard: {board}")


def _is_within(run_dir: Path, logger: Logger) -> bool:
    """Whether a logger has its events where TensorBoard finds them in the folder of the run."""
    return isinstance(logger, TensorBoardLogger) and Path(logger.log_dir).resolve().is_relative_to(run_dir.resolve())


def _value(metrics: dict[str, Any], stage: str, name: str) -> str:
    """A figure, and its standard deviation where there are several seeds."""
    spread = f" ± {format_number(metrics['standard_deviation'][stage][name])}" if "seeds" in metrics else ""
    return f"{format_number(metrics[stage][name])}{spread}"
