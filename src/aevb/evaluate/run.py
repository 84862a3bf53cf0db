"""Evaluations of trained runs, from a composed configuration to tables and files."""

from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from aevb.command_line.device import device_of
from aevb.command_line.latest import runs_named
from aevb.errors import UserError
from aevb.evaluate.measure import Diverged, Evaluation, measure
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.order import evaluation_order
from aevb.evaluate.preflight import check_options, chosen_sections
from aevb.evaluate.protocol import protocol_of, remarks
from aevb.evaluate.ranking import print_comparison
from aevb.evaluate.report import print_evaluation, write
from aevb.evaluate.section import Section
from aevb.files import ensure_writable, relative_to_cwd, writing_into
from aevb.metrics.track import Track
from aevb.metrics.unsuitable import NotFinite
from aevb.process import skip_distribution_checks, tune_process
from aevb.runs import Run, find_runs, load_data, load_model
from aevb.runs.provenance import revision, versions
from aevb.terminal import progress_bar


def evaluate_runs(cfg: DictConfig) -> list[dict[str, Any]]:
    """Evaluate each run; prints a table of each, and of all, and writes their files.

    In the folder of each run: evaluation.json, evaluation_images.csv and figures. Raises UserError, before anything is
    measured, for an invalid option or run.
    """
    check_options(cfg)
    sections = chosen_sections(cfg)
    runs = find_runs(runs_named(cfg.run))
    if cfg.out and len(runs) > 1:
        raise UserError(f"out={cfg.out} is one folder, and run= stands for {len(runs)} runs: leave it out")
    skip_distribution_checks()
    tune_process()
    for run in runs:  # before any of them is measured, and before a folder is made
        load_model(run.checkpoint)
        load_data(run.checkpoint)
    for run in runs:
        ensure_writable(folder_of(run, cfg))
    evaluations = [evaluate_run(run, cfg, sections) for run in runs]
    if not any(evaluation["results"] for evaluation in evaluations):
        reasons = (f"{name}: {reason}" for name, reason in evaluations[0]["not_applicable"].items())
        raise UserError(f"none of the sections could be measured ({'; '.join(reasons)}): choose others with sections=")
    if len(evaluations) > 1:
        print_comparison(evaluations)
    return evaluations


def evaluate_run(run: Run, cfg: DictConfig, sections: dict[str, Section]) -> dict[str, Any]:
    """The evaluation of one run, as it is written to evaluation.json."""
    tested = model_under_test(run, cfg)
    protocol = protocol_of(run.checkpoint, tested, cfg.seed)
    carried = {name: protocol[name] for name in ("likelihood", "binarize", "split", "seed", "checkpoint_sha256")}
    written: dict[str, Any] = {
        "run": str(relative_to_cwd(run.folder)),
        "protocol": protocol,
        "sections": OmegaConf.to_container(cfg.sections, resolve=True),
        "git_revision": revision(),
        "versions": versions(),
    }

    def keep(evaluation: Evaluation) -> None:  # at once, so that an interruption loses one section only
        found = evaluation.all
        written["results"] = [{**result._asdict(), **carried} for result in found.results]
        written["not_applicable"] = evaluation.not_applicable
        written["remarks"] = [*remarks(protocol), *found.sentences]
        with writing_into(folder_of(run, cfg)):
            write(folder_of(run, cfg), written, found, tested)

    try:
        measure(tested, sections, cfg.seed, after_each=keep)
    except (Diverged, NotFinite) as error:
        raise UserError(f"{relative_to_cwd(run.folder)}: {error}") from error
    print_evaluation(written, folder_of(run, cfg))
    return written


def model_under_test(run: Run, cfg: DictConfig) -> ModelUnderTest:
    """The model and the images of a run; UserError for a split that it does not have."""
    device = device_of(cfg.device)
    model = load_model(run.checkpoint).to(device).requires_grad_(False)
    data = load_data(run.checkpoint)
    available = data.sizes[cfg.split]
    if not available:
        raise UserError(f"split={cfg.split}: {relative_to_cwd(run.folder)} was trained without validation images")
    if cfg.num_images is not None and cfg.num_images > available:
        raise UserError(f"num_images={cfg.num_images}: split={cfg.split} has {available:,} images")
    order = evaluation_order(available)[: cfg.num_images]
    x, y = data.images(cfg.split)
    y = None if y is None else y[order]
    return ModelUnderTest(model, x[order].to(device), order, y, data, cfg.split, cfg.memory * 2**20, tracked)


def tracked(description: str) -> Track:
    """A progress bar with a description."""
    return partial(progress_bar, description=description)


def folder_of(run: Run, cfg: DictConfig) -> Path:
    return Path(cfg.out) if cfg.out else run.folder
