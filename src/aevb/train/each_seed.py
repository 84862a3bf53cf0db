"""A run for each of several seeds that were trained at once."""

from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from omegaconf import OmegaConf

from aevb.files import relative_to_cwd, write_text_atomically
from aevb.models import SeedEnsemble
from aevb.runs import CHECKPOINT_FORMAT, load_checkpoint
from aevb.sealed import write_sealed
from aevb.train.assemble import Training
from aevb.train.module import LightningModel
from aevb.train.report import write_metrics
from aevb.train.score import Scores, measuring_trainer, score


def report_each(training: Training, checkpoint: Path, metrics: dict[str, Any]) -> dict[str, Any]:
    """Make the folder of a run for each seed, seed-<number>, with its checkpoint, configuration and metrics.

    checkpoint: whose weights the ensemble has. metrics: those of the whole run.

    Returns the run's metrics, with means over seeds, standard deviations (of a sample), and the scores of each.
    """
    ensemble, plan = training.module.model, training.plan
    assert isinstance(ensemble, SeedEnsemble)
    epoch = load_checkpoint(checkpoint)["epoch"]
    trainer = measuring_trainer(plan.cfg)
    each = []
    for i in range(ensemble.n):
        alone = ensemble.alone(i)
        config = {**plan.config, "seed": plan.config["seed"] + i, "seeds": 1}
        folder = plan.run_dir / f"seed-{config['seed']}"
        file = folder / "checkpoints" / checkpoint.name
        content = {"format": CHECKPOINT_FORMAT, "epoch": epoch, "state_dict": alone.state_dict(), "config": config}
        write_sealed(file, content)
        write_text_atomically(folder / "config.yaml", OmegaConf.to_yaml(config))
        scores = score(trainer, LightningModel(alone, training.module.make_optimizer), training.data)
        own = {"seed": config["seed"], "checkpoint": str(relative_to_cwd(file)), **scores}
        parameters = metrics["parameters"] // ensemble.n
        write_metrics(folder, {**metrics, **own, "train": {}, "parameters": parameters})
        each.append(own)
    means, deviations = (across_seeds(each, statistic) for statistic in (mean, stdev))
    return {**metrics, **means, "standard_deviation": deviations, "seeds": each}


def across_seeds(each: list[dict[str, Any]], statistic: Callable[[list[float]], float]) -> Scores:
    """A statistic over seeds of each quantity of each stage."""
    return {
        stage: {name: statistic([own[stage][name] for own in each]) for name in each[0][stage]}
        for stage in ("test", "validation")
    }
