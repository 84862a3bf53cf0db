"""How much memory a run takes, and that a long one does not take more and more."""

import gc
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib.pyplot as plt
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

MIB = 2**20


class Watch(Callback):
    """Writes what the process holds after each epoch to the JSON file `path`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        gc.collect()
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
        tensors = [thing for thing in gc.get_objects() if isinstance(thing, torch.Tensor)]
        row = {"resident MiB": resident / MIB, "tensors": len(tensors), "figures": len(plt.get_fignums())}
        if torch.cuda.is_initialized():
            row["GPU MiB"] = torch.cuda.memory_allocated() / MIB
        self.rows.append(row)
        Path(self.path).write_text(json.dumps(self.rows))


def measure(device: str, short: bool) -> dict[str, Any]:
    """Peak memory of the default job, and growth per epoch of a run that draws, logs and saves after every epoch."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "rows.json")
        figures = ("latent_scatter", "reconstructions", "prior_samples", "decoded_grid")
        epochs = 10 if short else 100
        command = [
            *(sys.executable, "-m", "aevb.train", "data=digits", f"hydra.run.dir='{folder}/run'"),
            f"trainer={'cpu' if device == 'cpu' else 'gpu'}",
            f"trainer.max_epochs={epochs}",
            *(f"figures.{figure}.every_n_epochs=1" for figure in figures),
            *("+callbacks.watch._target_=benchmarks.memory.Watch", f"+callbacks.watch.path='{file}'"),
        ]
        finished = subprocess.run(command, capture_output=True, text=True)
        if finished.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")
        rows: list[dict[str, float]] = json.loads(file.read_text())
        settled = rows[len(rows) // 2 :]
        slopes = {
            name: linear_regression(range(len(settled)), [row[name] for row in settled]).slope for name in rows[0]
        }
        report: dict[str, Any] = {
            "epochs": epochs,
            "after the first epoch": rows[0],
            "after the last": rows[-1],
            "growth per epoch, second half": slopes,
        }
        if not short:
            command = [sys.executable, "-m", "aevb.train", f"hydra.run.dir='{folder}/default'", "trainer.max_epochs=1"]
            default = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, _, usage = os.wait4(default.pid, 0)
            report["peak MiB of the default job (one epoch)"] = usage.ru_maxrss / 1024
    return report
