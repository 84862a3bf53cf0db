"""Sweeps or their main processes are killed at random moments: run again, the table is that of one never killed."""

import csv
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic

SWEEP = (
    *("data=digits", "trainer=cpu", "trainer.max_epochs=6", "data.batch_size=60", "figures=[]"),
    *("encoder.hidden_sizes=[16]", "decoder.hidden_sizes=[16]", "callbacks=[default,within_epoch]"),
    *("callbacks.within_epoch.every_n_train_steps=5", "latent_dim=2,3", "loss=sgvb_a,sgvb_b", "seed=0,1,2"),
)
KILLS_EACH = 5  # of one sweep, before it may end
WAYS = ("all", "main", "term")  # kill -9 of all processes, of the first alone, or SIGTERM to that
CHANGING = ("seconds", "runs")  # columns of the table: a run that went on took less time


def torture(n: int, seed: int, folder: Path) -> list[str]:
    """Kill sweeps n times in all; returns what went wrong, a line each."""
    moments = random.Random(seed)
    began = monotonic()
    if code := _start(folder, "whole").wait():
        return [f"the sweep itself ended with {code}"]
    length = monotonic() - began
    kills, sweeps, wrong = 0, 0, []
    while kills < n:
        name = f"killed-{sweeps}"
        sweeps += 1
        for _ in range(min(KILLS_EACH, n - kills)):
            kills += _kill(_start(folder, name), moments.uniform(0.1, 0.8) * length, moments.choice(WAYS))
        code = _start(folder, name).wait()
        if code or _table(folder, name) != _table(folder, "whole"):
            wrong.append(f"sweep {name}: exit code {code}, or another table than that of one never killed")
            print(wrong[-1], flush=True)
    print(
        f"{sweeps} sweeps with {kills} kills: {sweeps - len(wrong)} ended with the table of one never killed",
        flush=True,
    )
    return wrong


def _start(folder: Path, name: str) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "aevb.train", "-m", "hydra/launcher=joblib", *SWEEP, f"sweep={name}"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    with (folder / f"{name}.txt").open("ab") as output:
        return subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
        )


def _kill(sweep: subprocess.Popen[bytes], after: float, way: str) -> bool:
    """Kill a sweep after some seconds in one of the WAYS; whether it was still running."""
    with suppress(subprocess.TimeoutExpired):
        sweep.wait(after)
        return False
    match way:
        case "all":
            os.killpg(sweep.pid, signal.SIGKILL)
        case "main":
            sweep.kill()
        case "term":
            sweep.terminate()
    sweep.wait()
    return True


def _table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "outputs" / "multirun" / name / "comparison.csv").open(newline="", encoding="utf-8") as file:
        return [{key: value for key, value in row.items() if key not in CHANGING} for row in csv.DictReader(file)]
