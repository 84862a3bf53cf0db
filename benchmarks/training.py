"""Training: aevb's loop and the references, an epoch each in turn."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.turns import Figures, ratio, take_turns


class Case(NamedTuple):
    model: str
    batch_size: int
    reference: str  # the loop that the goal is set against
    goal: float
    images: int  # in an epoch
    images_short: int


CASES = {
    "cpu": [
        Case("mlp_vae", 256, "hand_written", 0.95, 55_000, 11_264),
        Case("conv_vae", 100, "compiled", 1.0, 10_000, 2_000),
    ],
    "cuda": [
        Case("mlp_vae", 100, "cuda_graph", 0.8, 55_000, 55_000),
        Case("mlp_vae", 256, "cuda_graph", 0.8, 55_000, 55_000),
        Case("conv_vae", 100, "cuda_graph", 0.8, 55_000, 55_000),
    ],
}


def overrides(case: Case, num_images: int, device: str, folder: str) -> list[str]:
    """A run of python -m aevb.train with this many images, and validation in its usual share."""
    return [
        f"model={case.model}",
        f"data.batch_size={case.batch_size}",
        f"data.limit={num_images}",
        f"data.val_size={num_images // 11}",
        f"trainer={'cpu' if device == 'cpu' else 'gpu'}",
        f"hydra.run.dir={folder}",
    ]


def measure(case: Case, device: str, short: bool) -> dict[str, Any]:
    """Seconds of an epoch and images per second of each loop, and ratios to the reference.

    short: only beside the hand-written loop, which needs no compiler, and without phases.
    """
    num_images = case.images_short if short else case.images
    reference = "hand_written" if short and device == "cpu" else case.reference
    loops = ["hand_written", *({reference} - {"hand_written"})]
    if not short:
        loops += [loop for loop in ("compiled", "tutorial") if loop not in loops]
        loops += ["pythae"] if find_spec("pythae") and case.model == "mlp_vae" else []
    variants = {"aevb": "speed=auto"} if short else {"aevb": "speed=auto", "aevb, speed=plain": "speed=plain"}
    sizes = [case.model, str(case.batch_size), str(num_images), device]
    commands = {loop: ["benchmarks.references", loop, *sizes] for loop in loops}
    with TemporaryDirectory() as folder:
        gate = ["trainer.max_epochs=1000000", "+callbacks.gate._target_=benchmarks.gate.Gate"]
        for name, speed in variants.items():
            ours = overrides(case, num_images, device, f"'{folder}/{name}'")
            commands[name] = ["aevb.train", *ours, *gate, speed]
        figures = take_turns(commands, rounds=5)
        shares = {} if short else phases(case, num_images, device, folder)
    return {
        "case": f"{case.model}, batch {case.batch_size}, {num_images} images an epoch, {device}",
        "reference": reference,
        "goal": f"{case.goal} of {case.reference}",
        "loops": {name: loop_report(figures[reference], rounds, num_images) for name, rounds in figures.items()},
        "share of time": shares,
    }


def loop_report(reference: list[Figures], rounds: list[Figures], num_images: int) -> dict[str, float]:
    seconds = median(figures["seconds"] for figures in rounds)
    report = {"seconds": seconds, "images/s": num_images / seconds, "ratio": ratio(reference, rounds, "seconds")}
    if "whole" in rounds[0]:
        report["ratio with validation, logging and checkpoints"] = ratio(reference, rounds, "whole")
    return report


def phases(case: Case, num_images: int, device: str, folder: str) -> dict[str, float]:
    """The share of each phase in the epochs of a run."""
    file = Path(folder, "phases.json")
    clock = ["+callbacks.phases._target_=benchmarks.phases.Phases", f"+callbacks.phases.path='{file}'"]
    command = [sys.executable, "-m", "aevb.train", *overrides(case, num_images, device, f"'{folder}/phases'"), *clock]
    command += ["trainer.max_epochs=3", "speed.cuda_graph=false", "figures=[]"]
    finished = subprocess.run(command, capture_output=True, text=True)
    if not file.exists():
        sys.exit(f"{' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")
    seconds: dict[str, float] = json.loads(file.read_text())
    return {phase: value / sum(seconds.values()) for phase, value in sorted(seconds.items(), key=lambda item: -item[1])}
