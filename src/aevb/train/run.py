"""One run, from a composed configuration to metrics.json."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from aevb.errors import UserError
from aevb.files import relative_to_cwd
from aevb.models import SeedEnsemble
from aevb.runs import find_checkpoint
from aevb.runs.provenance import revision, versions
from aevb.train.assemble import Training, assemble
from aevb.train.each_seed import report_each
from aevb.train.plan import plan_run
from aevb.train.quiet import quiet_lightning
from aevb.train.report import log_hyperparameters, print_summary, write_metrics
from aevb.train.resume import resumable
from aevb.train.score import Scores, logged, score


@dataclass(frozen=True)
class Fitted:
    """How training went: its seconds, the last epoch's figures, and the checkpoint to be tested."""

    seconds: float
    train: dict[str, float]
    checkpoint: Path


def train(cfg: DictConfig) -> float:
    """Train, then validate and test the best checkpoint; returns its val/loss (train/loss without validation)."""
    quiet_lightning()
    training = assemble(plan_run(cfg))
    with resumable(training.trainer, training.plan.run_dir):
        fitted = fit(training)
        scores = score(training.trainer, training.module, training.data, fitted.checkpoint)
    return report(training, fitted, scores)


def fit(training: Training) -> Fitted:
    """Train to the end; raises UserError where no epoch comes to its end."""
    plan, trainer = training.plan, training.trainer
    log_hyperparameters(trainer, plan.config)
    started = time.perf_counter()
    resumed = plan.resumed.path if plan.resumed else None
    trainer.fit(training.module, datamodule=training.data, ckpt_path=resumed, weights_only=True)
    seconds = time.perf_counter() - started
    final = logged(trainer, "train")
    if not (plan.run_dir / "checkpoints" / "last.ckpt").exists():
        raise UserError("No epoch came to its end, so there is nothing to test: look at the options of trainer.")
    name = "best.ckpt" if training.data.data.val_size else "last.ckpt"
    return Fitted(seconds, final, find_checkpoint(plan.run_dir, name))


def report(training: Training, fitted: Fitted, scores: Scores) -> float:
    """Write and print the run's figures; returns the one that a sweep minimises."""
    plan, trainer = training.plan, training.trainer
    if trainer.is_global_zero:
        metrics = {**scores, **facts(training, fitted)}
        if isinstance(training.module.model, SeedEnsemble):
            metrics = report_each(training, fitted.checkpoint, metrics)
            scores = {stage: metrics[stage] for stage in scores}
        write_metrics(plan.run_dir, metrics)
        log_hyperparameters(trainer, plan.config, metrics)
        print_summary(plan.run_dir, metrics)
    return scores["validation"]["loss"] if training.data.data.val_size else fitted.train["loss"]


def facts(training: Training, fitted: Fitted) -> dict[str, Any]:
    """What metrics.json says beside the scores."""
    plan, trainer, model, data = training.plan, training.trainer, training.module.model, training.data.data
    return {
        "train": fitted.train,
        "units": model.units,
        "checkpoint": str(relative_to_cwd(fitted.checkpoint)),
        "epochs": trainer.current_epoch,
        "seconds": fitted.seconds,
        "images_per_second": training.throughput.images_per_second,
        "device": str(trainer.strategy.root_device),
        "devices": trainer.world_size,
        "parameters": sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
        "seed": plan.cfg.seed,
        "latent_dim": plan.cfg.latent_dim,
        "choices": plan.config["choices"],
        "data": {
            "name": plan.config["choices"].get("data", type(data).__name__),
            "binarize": data.binarize,
            "range": data.pixel_range,
            "image_shape": data.image_shape,
            "split_sizes": data.sizes,
        },
        "git_revision": revision(),
        "versions": versions(),
    }
