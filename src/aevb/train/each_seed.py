"""A run of several replicas: making them, and reporting each by itself."""

from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from aevb.models import ImageModel, Replicas
from aevb.runs.checkpoint import load_checkpoint
from aevb.train.pretrained import restore_pretrained
from aevb.train.report import shown, write_metrics

Scores = dict[str, dict[str, float]]  # by stage (test, validation) and quantity


def build_model(cfg: DictConfig, pretrained: dict[str, Any] | None) -> ImageModel:
    """The model that is configured, or as many replicas of it; replica i starts as a run with seed + i does."""
    models = []
    for i in range(cfg.replicas):
        torch.manual_seed(cfg.seed + i)
        models.append(instantiate(cfg.model, _convert_="all"))
        restore_pretrained(models[-1], pretrained, cfg)
    return Replicas(models) if len(models) > 1 else models[0]


def report_each(
    model: Replicas,
    checkpoint: Path,
    config: dict[str, Any],
    metrics: dict[str, Any],
    score: Callable[[ImageModel], Scores],
) -> dict[str, Any]:
    """Make the folder of a run for each replica, replica-<i>, with its checkpoint, configuration and metrics.

    model: with the weights in `checkpoint`. config, metrics: those of the whole run.

    Returns the run's metrics, with means over replicas, standard deviations (of a sample), and the scores of each.
    """
    epoch = load_checkpoint(checkpoint)["epoch"]
    each = []
    for i in range(model.n):
        alone = model.replica(i)
        own_config = {**config, "seed": config["seed"] + i, "replicas": 1}
        folder = checkpoint.parent.parent / f"replica-{i}"
        file = folder / "checkpoints" / checkpoint.name
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"epoch": epoch, "state_dict": alone.state_dict(), "config": own_config}, file)
        OmegaConf.save(OmegaConf.create(own_config), folder / "config.yaml")
        own = {"seed": own_config["seed"], "checkpoint": str(shown(file)), **score(alone)}
        parameters = metrics["parameters"] // model.n
        write_metrics(folder, {**metrics, **own, "train": {}, "parameters": parameters})
        each.append(own)
    means, deviations = (over(each, statistic) for statistic in (mean, stdev))
    return {**metrics, **means, "standard_deviation": deviations, "replicas": each}


def over(each: list[dict[str, Any]], statistic: Callable[[list[float]], float]) -> Scores:
    """A statistic over replicas of each quantity of each stage."""
    return {
        stage: {name: statistic([own[stage][name] for own in each]) for name in each[0][stage]}
        for stage in ("test", "validation")
    }
