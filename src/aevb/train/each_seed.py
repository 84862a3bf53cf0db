"""A run for each of several seeds that were trained at once."""

from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from omegaconf import OmegaConf

from aevb.files import relative_to_cwd, write_text_atomically
from aevb.models import SeedEnsemble
from aevb.runs import CHECKPOINT_FORMAT, load_checkpoint
from aevb.runs.history import Row, write_history
from aevb.sealed import write_sealed
from aevb.train.assemble import Training
from aevb.train.callbacks import BestOfEachSeed, History
from aevb.train.data_module import ImageDataModule
from aevb.train.loggers import TensorBoard, finish, log_curves, log_options, log_results, steps_per_epoch
from aevb.train.module import LightningModel
from aevb.train.plan import Plan
from aevb.train.precision import set_precision
from aevb.train.report import write_metrics
from aevb.train.score import Scores, measuring_trainer, score


def report_each(training: Training, checkpoint: Path, metrics: dict[str, Any]) -> dict[str, Any]:
    """Make the folder of a run for each seed, seed-<number>, with all that is known of a run: what it would be alone.

    That is its checkpoint, configuration, history and metrics. The ensemble has the weights that are to be kept.

    checkpoint: the whole run's, which gives the name. metrics: those of the whole run.

    Returns the run's metrics, with means over seeds, standard deviations (of a sample), and the scores of each.
    """
    ensemble, plan, callbacks = training.module.model, training.plan, training.trainer.callbacks  # type: ignore[attr-defined]
    assert isinstance(ensemble, SeedEnsemble)
    epochs = epochs_of_each(training, checkpoint)
    histories = next(callback.of_each for callback in callbacks if isinstance(callback, History))
    trainer = measuring_trainer(plan.cfg)
    each = []
    for i in range(ensemble.n):
        alone = ensemble.alone(i)
        config = config_of(plan, i)
        folder = plan.run_dir / f"seed-{config['seed']}"
        file = folder / "checkpoints" / checkpoint.name
        content = {"format": CHECKPOINT_FORMAT, "epoch": epochs[i], "state_dict": alone.state_dict(), "config": config}
        write_sealed(file, content)
        write_text_atomically(folder / "config.yaml", OmegaConf.to_yaml(config))
        write_history(folder / "history.csv", histories[i])
        data = ImageDataModule(training.data.data.of_order(i))
        module = LightningModel(alone, training.module.make_optimizer)
        set_precision(trainer, module)
        scores = score(trainer, module, data)
        own = {"seed": config["seed"], "checkpoint": str(relative_to_cwd(file)), **scores}
        last = {name.removeprefix("train/"): value for name, value in histories[i][-1].items() if "train/" in name}
        parameters = metrics["parameters"] // ensemble.n
        write_metrics(folder, {**metrics, **own, "train": last, "parameters": parameters})
        if any(isinstance(logger, TensorBoard) for logger in training.trainer.loggers):
            log_seed(TensorBoard(str(folder), name="", version=""), training, config, histories[i], scores)
        each.append(own)
    means, deviations = (across_seeds(each, statistic) for statistic in (mean, stdev))
    return {**metrics, **means, "standard_deviation": deviations, "seeds": each}


def log_seed(board: TensorBoard, training: Training, config: dict[str, Any], rows: list[Row], scores: Scores) -> None:
    """Have a seed's curves, options and results on TensorBoard as those of a run alone."""
    trainer = training.trainer
    log_curves(board, rows, steps_per_epoch(trainer))
    log_options([board], config, {**training.plan.given, "seed": config["seed"]})
    log_results([board], scores, trainer.global_step)
    finish([board], "success")


def epochs_of_each(training: Training, checkpoint: Path) -> list[int]:
    """The epoch, from 0, whose weights each copy has: its own best, or that of the checkpoint."""
    for callback in training.trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, BestOfEachSeed):
            return [callback.best[i].epoch for i in sorted(callback.best)]
    return [load_checkpoint(checkpoint)["epoch"]] * training.plan.cfg.seeds


def config_of(plan: Plan, i: int) -> dict[str, Any]:
    """The configuration of seed + i alone, which has its own split of the images."""
    data = {**plan.config["data"], "seed": plan.config["data"]["seed"] + i}
    return {**plan.config, "seed": plan.config["seed"] + i, "seeds": 1, "data": data}


def across_seeds(each: list[dict[str, Any]], statistic: Callable[[list[float]], float]) -> Scores:
    """A statistic over seeds of each quantity of each stage."""
    return {
        stage: {name: statistic([own[stage][name] for own in each]) for name in each[0][stage]}
        for stage in ("test", "validation")
    }
