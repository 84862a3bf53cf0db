"""One run, from a composed configuration to metrics.json."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from aevb.command_line.sweeps.pruned import Pruned
from aevb.errors import UserError
from aevb.files import relative_to_cwd
from aevb.models import SeedEnsemble
from aevb.runs import load_checkpoint
from aevb.runs.provenance import revision, versions
from aevb.train.assemble import Training, assemble
from aevb.train.card import card
from aevb.train.complaints import plain_complaints
from aevb.train.each_seed import report_each
from aevb.train.loggers import TensorBoard, connect, finishing, log_options, log_results
from aevb.train.plan import plan_run
from aevb.train.quiet import quiet_lightning
from aevb.train.ranks import one_run, owning
from aevb.train.report import print_summary, write_metrics
from aevb.train.restoring import CheckRestored, restoring
from aevb.train.resume import resumable
from aevb.train.score import Scores, num_scored, score
from aevb.train.standing import finished_before, pruned_before
from aevb.train.steps.lightning_loop import begin_epochs_anew

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitted:
    """How training went: its seconds and images a second, the last epoch's figures, and the checkpoint to be tested."""

    seconds: float
    images_per_second: float
    train: dict[str, float]
    checkpoint: Path


def train(cfg: DictConfig) -> float | Pruned:
    """Train, then validate and test the best checkpoint; returns its figure for sweepers, see `objective`.

    A job that its search has pruned is not tested, and returns where it ended.
    """
    quiet_lightning()
    plan = plan_run(cfg)
    if (value := finished_before(plan.run_dir)) is not None:
        log.info("%s was finished before.", relative_to_cwd(plan.run_dir))
        return value
    if pruned := pruned_before(plan.run_dir):
        log.info("%s was pruned before, %s.", relative_to_cwd(plan.run_dir), pruned)
        return pruned
    with owning(plan.run_dir), plain_complaints():
        training = assemble(plan)
        begins_with = plan.resumed.path if plan.resumed else None
        with one_run(training.trainer, plan.run_dir, begins_with), resumable(training.trainer, plan.run_dir):
            with finishing(training.trainer.loggers):
                fitted = fit(training)
                if training.prune and (pruned := training.prune.pruned):
                    log.info("Pruned %s.", pruned)
                    if training.trainer.is_global_zero:
                        replace(pruned, facts=what_is_measured(training)).write(plan.run_dir)
                    return pruned
                scores = score(training.trainer, training.module, training.data, fitted.checkpoint)
                metrics = report(training, fitted, scores)
            if training.trainer.is_global_zero:
                print_summary(training.trainer, plan.run_dir, metrics, training.module.model.not_printed)
            return float(metrics["objective"])


def fit(training: Training) -> Fitted:
    """Train to the end, or not at all where a finished run is only to be tested."""
    plan, trainer, throughput = training.plan, training.trainer, training.throughput
    connect(trainer.loggers)
    if trainer.enable_autolog_hparams:
        log_options(trainer.loggers, plan.config, plan.given)
    resumed = plan.resumed.path if plan.resumed else None
    begin_epochs_anew(trainer)
    if resumed:
        trainer.callbacks.append(CheckRestored(resumed))  # type: ignore[attr-defined]
    with restoring(resumed):
        trainer.fit(training.module, datamodule=training.data, ckpt_path=resumed, weights_only=True)
    if trainer.global_step == 0:
        raise UserError(
            "Training ended before its first step, so there is nothing to test: look at the trainer's limits."
        )
    return Fitted(throughput.seconds, throughput.images_per_second, training.history.last("train"), to_test(training))


def to_test(training: Training) -> Path:
    """The checkpoint to be tested.

    final.ckpt, where a callback has changed the weights after the last epoch; else best.ckpt, the best epoch, or
    last.ckpt, the end of training, where no validation could choose.
    """
    trainer, folder = training.trainer, training.plan.run_dir / "checkpoints"
    best, last = folder / "best.ckpt", folder / "last.ckpt"
    outdated = not last.exists() or load_checkpoint(last)["global_step"] != trainer.global_step
    if outdated:
        trainer.save_checkpoint(last)
    if final := training.final_weights.save(trainer, training.module, outdated):
        return final
    if training.data.data.val_size and best.exists():
        return best
    if training.data.data.val_size:
        log.info("No epoch was validated, so %s is tested.", last)
    return last


def report(training: Training, fitted: Fitted, scores: Scores) -> dict[str, Any]:
    """Write the run's figures and hand them to the loggers; returns them, `objective` the one that a sweep minimises.

    In the processes of other devices that is the only one.
    """
    if not training.trainer.is_global_zero:
        return {"objective": objective(training, fitted, scores)}
    metrics = {**scores, **facts(training, fitted)}
    if isinstance(training.module.model, SeedEnsemble):
        metrics = report_each(training, fitted.checkpoint, metrics)
    metrics["objective"] = objective(training, fitted, {stage: metrics[stage] for stage in scores})
    write_metrics(training.plan.run_dir, metrics)
    log_report(training, metrics)
    return metrics


def log_report(training: Training, metrics: dict[str, Any]) -> None:
    """Hand the results to the loggers, and the run's page to TensorBoard."""
    plan, trainer, model = training.plan, training.trainer, training.module.model
    log_results(trainer.loggers, metrics, trainer.global_step)
    for logger in trainer.loggers:
        if isinstance(logger, TensorBoard):
            logger.log_text("run", card(model, plan.config, plan.given, metrics), 0)


def objective(training: Training, fitted: Fitted, scores: Scores) -> float:
    """What tells the best run, as it tells the best epoch: the smaller the better."""
    model, stage = training.module.model, scores["validation"] or fitted.train
    return -stage[model.select_by] if model.select_mode == "max" else stage[model.select_by]


def facts(training: Training, fitted: Fitted) -> dict[str, Any]:
    """What metrics.json says beside the scores."""
    plan, trainer, model = training.plan, training.trainer, training.module.model
    measured = what_is_measured(training)
    measured["data"]["scored"] = num_scored(trainer, training.data)
    return {
        "train": fitted.train,
        **measured,
        "checkpoint": str(relative_to_cwd(fitted.checkpoint)),
        "epochs": len(training.history.rows),
        "seconds": fitted.seconds,
        "images_per_second": fitted.images_per_second,
        "device": str(trainer.strategy.root_device),
        "devices": trainer.world_size,
        "parameters": sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
        "seed": plan.cfg.seed,
        "latent_dim": plan.cfg.latent_dim,
        "overrides": [*HydraConfig.get().overrides.task] if HydraConfig.initialized() else [],
        "git_revision": revision(),
        "versions": versions(),
    }


def what_is_measured(training: Training) -> dict[str, Any]:
    """What decides whether the figures of two runs are comparable."""
    model, data, choices = training.module.model, training.data.data, training.plan.config["choices"]
    return {
        "units": model.units,
        "selected_by": model.select_by,
        "choices": choices,
        "data": {
            "name": choices.get("data", type(data).__name__),
            "binarize": data.binarize,
            "range": data.pixel_range,
            "image_shape": data.image_shape,
            "split_sizes": data.sizes,
        },
    }
