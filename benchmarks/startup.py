"""How long it takes until something happens."""

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from lightning.pytorch import LightningModule, Trainer

from aevb.train.steps import Chunk, ChunkCallback


class FirstStep(ChunkCallback):
    """Writes when the parts of a start-up were done, in seconds since `started`, to `path`; then ends the process."""

    def __init__(self, path: str, started: float) -> None:
        self.path = path
        self.started = started
        self.moments: dict[str, float] = {}
        self._note("interpreter, Hydra, imports, configuration, model")

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        self._note("data")

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._note("Lightning's set-up")

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._note("figures before training")

    def on_chunk_end(self, trainer: Trainer, pl_module: LightningModule, chunk: Chunk) -> None:
        chunk.terms.sum().item()
        self._note("first steps")
        Path(self.path).write_text(json.dumps(self.moments))
        raise SystemExit

    def _note(self, part: str) -> None:
        self.moments[part] = time.time() - self.started


def measure(short: bool) -> dict[str, Any]:
    """Seconds of each part of the default job's start, and of --help and --cfg job; medians of fresh processes."""
    repetitions = 1 if short else 3
    starts = [first_step() for _ in range(repetitions)]
    seconds = {part: median(start[part] for start in starts) for part in starts[0]}
    report = {
        "seconds to the first steps": sum(seconds.values()),
        "parts": seconds,
        "--help": median(seconds_of("-m", "aevb.train", "--help") for _ in range(repetitions)),
        "--cfg job": median(seconds_of("-m", "aevb.train", "--cfg", "job") for _ in range(repetitions)),
        "goal": "--help and --cfg job under 2 s",
    }
    if not short:
        modules = ("hydra", "torch", "lightning.pytorch", "aevb.runs", "aevb.train.run")
        report["imports by themselves"] = {
            name: median(seconds_of("-c", f"import {name}") for _ in range(repetitions)) for name in modules
        }
    return report


def seconds_of(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - started


def first_step() -> dict[str, float]:
    with TemporaryDirectory() as folder:
        file = Path(folder, "moments.json")
        watch = {"_target_": "benchmarks.startup.FirstStep", "path": f"'{file}'", "started": time.time()}
        options = [f"+callbacks.first_step.{key}={value}" for key, value in watch.items()]
        command = [sys.executable, "-m", "aevb.train", f"hydra.run.dir='{folder}/run'", *options]
        finished = subprocess.run(command, capture_output=True, text=True)
        if not file.exists():
            sys.exit(f"{' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")
        moments: dict[str, float] = json.loads(file.read_text())
    before = [0.0, *moments.values()]
    return {part: moment - earlier for (part, moment), earlier in zip(moments.items(), before, strict=False)}
