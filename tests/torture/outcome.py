"""What a run ends with, except for its times and the places of its files."""

import json
from pathlib import Path
from typing import Any

import torch

from aevb.runs import load_checkpoint

TIMES_AND_PLACES = {"seconds", "images_per_second", "checkpoint", "git_revision", "versions"}


def differences(ours: Path, wanted: Path) -> list[str]:
    """The files in which one run's folder differs from another's: history, metrics, weights and pictures."""
    found = []
    for name in _files(wanted) | _files(ours):
        a, b = ours / name, wanted / name
        if not (a.exists() and b.exists()):
            found.append(f"{name} is only in {'the other' if b.exists() else 'this one'}")
        elif not _equal(a, b):
            found.append(name)
    return sorted(found)


def _files(folder: Path) -> set[str]:
    kinds = ("**/metrics.json", "**/history.csv", "**/best.ckpt", "**/last.ckpt", "**/*.png")
    return {str(file.relative_to(folder)) for kind in kinds for file in folder.glob(kind)}


def _equal(a: Path, b: Path) -> bool:
    if a.suffix == ".ckpt":
        ours, wanted = (load_checkpoint(file)["state_dict"] for file in (a, b))
        return ours.keys() == wanted.keys() and all(torch.equal(ours[name], wanted[name]) for name in ours)
    if a.suffix == ".json":
        return _numbers(json.loads(a.read_text())) == _numbers(json.loads(b.read_text()))
    return a.read_bytes() == b.read_bytes()


def _numbers(metrics: Any) -> Any:
    if isinstance(metrics, dict):
        return {name: _numbers(value) for name, value in metrics.items() if name not in TIMES_AND_PLACES}
    if isinstance(metrics, list):
        return [_numbers(value) for value in metrics]
    return metrics
