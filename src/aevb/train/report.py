"""What a run leaves behind: metrics.json, an HParams entry, and a table in the terminal."""

import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import lightning
import torch
import torchvision
from lightning.pytorch import Trainer
from rich.console import Console
from rich.table import Table

from aevb.train.callbacks.progress import number


def revision() -> str | None:
    """The git commit of the code, with "-dirty" where tracked files differ from it; None outside git or without it."""
    if shutil.which("git") is None:
        return None
    git = subprocess.run(["git", "describe", "--always", "--abbrev=40", "--dirty"], capture_output=True, text=True)
    return git.stdout.strip() if git.returncode == 0 else None


def versions() -> dict[str, str]:
    """The versions that decide a result."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "lightning": lightning.__version__,
    }


def write_metrics(run_dir: Path, metrics: dict[str, Any]) -> None:
    """Write metrics.json."""
    (run_dir / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")


def log_hyperparameters(trainer: Trainer, config: dict[str, Any], metrics: dict[str, Any] | None = None) -> None:
    """Write hparams.yaml: choices and options. With metrics, also the entry of TensorBoard's HParams page."""
    if trainer.logger is None:
        return
    options = {
        f"{group}.{name}": value if isinstance(value, int | float | str) else str(value)
        for group in config["choices"]
        for name, value in config[group].items()
        if not (name.startswith("_") or isinstance(value, dict))
    }
    chosen = {**config["choices"], "latent_dim": config["latent_dim"], "seed": config["seed"]}
    if metrics is None:
        trainer.logger.log_hyperparams({**chosen, **options})
        return
    stages = ("test", "validation")
    scores = {f"hparams/{stage}_{name}": value for stage in stages for name, value in metrics[stage].items()}
    trainer.logger.log_hyperparams({**chosen, **options}, scores)
    trainer.logger.finalize("success")


def print_summary(run_dir: Path, metrics: dict[str, Any]) -> None:
    """Print the metrics of the tested checkpoint, the run folder and how to look at it."""
    table = Table(title=f"{metrics['choices']['data']}, {metrics['data']['split_sizes']['test']:,} test images")
    table.add_column("")
    for stage in ("test", "validation"):
        if metrics[stage]:
            table.add_column(stage, justify="right")
    table.add_column("unit")
    for name in metrics["test"]:
        values = [value_of(metrics, stage, name) for stage in ("test", "validation") if metrics[stage]]
        table.add_row(name, *values, metrics["units"][name])
    console = Console()
    console.print(table)
    console.print(
        f"{metrics['epochs']} epochs in {metrics['seconds']:.0f} s, {metrics['images_per_second']:,.0f} images/s",
        highlight=False,
    )
    if "replicas" in metrics:
        count = len(metrics["replicas"])
        print(f"Mean ± standard deviation of {count} replicas, each a run by itself: replica-0 to replica-{count - 1}")
    print(f"Run folder: {shown(run_dir)}")
    print(f"TensorBoard: {tensorboard_command(run_dir)}")


def value_of(metrics: dict[str, Any], stage: str, name: str) -> str:
    """A figure, and its standard deviation where there are replicas."""
    spread = f" ± {number(metrics['standard_deviation'][stage][name])}" if "replicas" in metrics else ""
    return f"{number(metrics[stage][name])}{spread}"


def tensorboard_command(run_dir: Path) -> str:
    """The command that shows this run, with every image of every tag."""
    python = shlex.quote(str(shown(Path(sys.executable))))
    return f"{python} -m tensorboard.main --logdir {shlex.quote(str(shown(run_dir)))} --samples_per_plugin images=1000"


def wide_console() -> Console:
    """A console for tables of numbers: as wide as the terminal; 110 columns without one, where rich assumes 80."""
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if known else 110)


def shown(path: Path) -> Path:
    """The path as a user in the current folder would type it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
