"""What the dashboard costs."""

import atexit
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from aevb.train.callbacks import Embedding, LatentHistograms
from aevb.train.loggers import TensorBoard

METHODS = {
    TensorBoard: ("log_metrics", "log_options", "log_results", "log_picture", "log_embedding", "log_text", "finalize"),
    LatentHistograms: ("on_train_epoch_end",),
    Embedding: ("on_test_end",),
}


class Clock(Callback):
    """Writes the seconds spent on TensorBoard, and those of the whole process, to the JSON file `path` at its end."""

    def __init__(self, path: str, started: float) -> None:
        self.seconds: dict[str, float] = {}
        self.within = False
        atexit.register(self._write, Path(path), started)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if self.seconds:
            return
        for owner in (*trainer.loggers, *trainer.callbacks):  # type: ignore[attr-defined]
            for kind, names in METHODS.items():
                if isinstance(owner, kind):
                    for name in names:
                        self._clock(owner, name)

    def _clock(self, owner: Any, name: str) -> None:
        function: Callable[..., Any] = getattr(owner, name)
        label = f"{type(owner).__name__}.{name}"
        self.seconds[label] = 0.0

        def clocked(*args: Any, **kwargs: Any) -> Any:
            if self.within:
                return function(*args, **kwargs)
            self.within, began = True, time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[label] += time.perf_counter() - began
                self.within = False

        setattr(owner, name, clocked)

    def _write(self, path: Path, started: float) -> None:
        path.write_text(json.dumps({"whole": time.time() - started, **self.seconds}))


def measure(short: bool) -> dict[str, Any]:
    """The share of the default job's time that goes into its dashboard."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "seconds.json")
        clock = {"_target_": "benchmarks.dashboard.Clock", "path": f"'{file}'", "started": time.time()}
        options = [f"+callbacks.clock.{key}={value}" for key, value in clock.items()]
        epochs = ["trainer.max_epochs=3"] if short else []
        command = [sys.executable, "-m", "aevb.train", f"hydra.run.dir='{folder}/run'", *epochs, *options]
        finished = subprocess.run(command, capture_output=True, text=True)
        if not file.exists():
            sys.exit(f"{' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")
        seconds: dict[str, float] = json.loads(file.read_text())
    whole = seconds.pop("whole")
    return {
        "seconds of the whole run": whole,
        "seconds": seconds,
        "share": sum(seconds.values()) / whole,
        "goal": "less than 0.03",
    }
