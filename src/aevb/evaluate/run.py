"""An evaluation, from a composed configuration to a table and files in the run's folder."""

from math import isfinite
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, ListConfig, OmegaConf
from rich.console import Console
from rich.progress import track

from aevb.command_line.device import device_of
from aevb.errors import UserError
from aevb.evaluate import sections
from aevb.evaluate.model_under_test import Subject
from aevb.evaluate.preflight import check_options
from aevb.evaluate.protocol import protocol_of, remarks
from aevb.evaluate.report import show, write
from aevb.evaluate.result import Result
from aevb.evaluate.shortfalls import draw_ladder, shortfalls
from aevb.figures import NotApplicable
from aevb.files import writable
from aevb.metrics.batching import Track
from aevb.models import ImageModel
from aevb.runs.checkpoint import load_data, load_model
from aevb.runs.run import Run, find_runs
from aevb.seeding import seed_for
from aevb.train.report import revision, shown, versions
from aevb.train.steps import tune_process


def evaluate(cfg: DictConfig) -> list[dict[str, Any]]:
    """Evaluate each run; prints a table of each, and writes evaluation.json, evaluation_images.csv and figures.

    Raises UserError, before anything is measured, for an option or a run that cannot be.
    """
    chosen = check_options(cfg)
    runs = find_runs(OmegaConf.to_container(cfg.run) if isinstance(cfg.run, ListConfig) else cfg.run)  # type: ignore[arg-type]
    if cfg.out and len(runs) > 1:
        raise UserError(f"out={cfg.out} is one folder, and run= stands for {len(runs)} runs: leave it out")
    torch.distributions.Distribution.set_default_validate_args(False)  # as in training
    tune_process()
    for run in runs:
        writable(folder_of(run, cfg))
        load_finite_model(run)  # before any of the others is measured
    return [evaluate_run(run, cfg, chosen) for run in runs]


def evaluate_run(run: Run, cfg: DictConfig, chosen: list[str]) -> dict[str, Any]:
    """The evaluation of one run, as it is written to evaluation.json."""
    subject = subject_of(run, cfg)
    protocol = protocol_of(run.checkpoint, subject, cfg.seed)
    evaluation: dict[str, Any] = {
        "run": str(shown(run.folder)),
        "protocol": protocol,
        "results": [],
        "not_applicable": {},
        "remarks": [],
        "sections": {},
        "git_revision": revision(),
        "versions": versions(),
    }
    for name in chosen:
        torch.manual_seed(seed_for(name, cfg.seed))
        evaluation["sections"][name] = options = OmegaConf.to_container(cfg[name], resolve=True)
        try:
            with torch.no_grad():
                results: list[Result] = getattr(sections, name)(subject, **options)  # type: ignore[arg-type]
            for result in results:
                if not isfinite(result.value):
                    raise UserError(f"{result.name} is {result.value}: the model of {shown(run.folder)} has diverged")
                evaluation["results"].append({**result._asdict(), **carried(protocol)})
        except NotApplicable as reason:
            evaluation["not_applicable"][name] = str(reason)
        evaluation["remarks"] = [*remarks(protocol), *subject.sentences, *shortfalls(subject)]
        draw_ladder(subject)
        write(folder_of(run, cfg), evaluation, subject)  # now, so that an interruption loses one section only
    show(evaluation, folder_of(run, cfg))
    return evaluation


def subject_of(run: Run, cfg: DictConfig) -> Subject:
    """The model and the images of a run; UserError for a split that it does not have."""
    device = device_of(cfg.device)
    model = load_finite_model(run).to(device).requires_grad_(False)
    data = load_data(run.checkpoint)
    available = data.sizes[cfg.split]
    if not available:
        raise UserError(f"split={cfg.split}: {shown(run.folder)} was trained without validation images")
    if cfg.num_images is not None and cfg.num_images > available:
        raise UserError(f"num_images={cfg.num_images}: split={cfg.split} has {available:,} images")
    x, y = data.to_draw(cfg.num_images or available, cfg.split)
    return Subject(model, data, cfg.split, x.to(device), y, cfg.memory * 2**20, tracker)


def load_finite_model(run: Run) -> ImageModel:
    """The model of a run; UserError if it has diverged."""
    model = load_model(run.checkpoint)
    if not all(weight.isfinite().all() for weight in model.parameters()):
        raise UserError(f"{shown(run.checkpoint)} has weights that are not finite numbers: its training has diverged")
    return model


def tracker(description: str) -> Track:
    """A progress bar with a description, on a terminal; nothing elsewhere."""
    console = Console()

    def with_bar(sequence: Any) -> Any:
        return track(sequence, description, console=console, transient=True, disable=not console.is_terminal)

    return with_bar


def carried(protocol: dict[str, Any]) -> dict[str, Any]:
    """What every single result says of how it was measured."""
    return {name: protocol[name] for name in ("likelihood", "binarize", "split", "seed", "checkpoint_sha256")}


def folder_of(run: Run, cfg: DictConfig) -> Path:
    return Path(cfg.out) if cfg.out else run.folder
