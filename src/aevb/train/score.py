"""Validation and test figures of a trained model."""

from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import WeightAveraging
from omegaconf import DictConfig

from aevb.data import DeviceLoader
from aevb.train.callbacks import SeedEachEpoch
from aevb.train.data_module import ImageDataModule
from aevb.train.module import LightningModel

Scores = dict[str, dict[str, float]]  # by stage (test, validation) and quantity


def score(trainer: Trainer, module: LightningModel, data: ImageDataModule, checkpoint: Path | None = None) -> Scores:
    """Validate and test the model, with the weights in a checkpoint or its own."""
    _leave_weights_alone(trainer)
    scores: Scores = {"test": {}, "validation": {}}
    how: dict[str, Any] = {"datamodule": data, "ckpt_path": checkpoint, "verbose": False, "weights_only": True}
    if data.data.val_size:
        trainer.validate(module, **how)
        scores["validation"] = logged(trainer, "val")
    trainer.test(module, **how)
    scores["test"] = logged(trainer, "test")
    return scores


def _leave_weights_alone(trainer: Trainer) -> None:
    """Remove what averages weights: it would load those that were trained from a checkpoint, and not the average."""
    callbacks = trainer.callbacks  # type: ignore[attr-defined]
    callbacks[:] = [callback for callback in callbacks if not isinstance(callback, WeightAveraging)]


def num_scored(trainer: Trainer, data: ImageDataModule) -> dict[str, int]:
    """How many images of each stage `score` has taken, on all devices together."""
    taken = {"test": (data.test_dataloader(), trainer.test_loop.max_batches)}
    val = data.val_dataloader()
    if isinstance(val, DeviceLoader):
        taken["validation"] = (val, trainer.validate_loop.max_batches)
    return {stage: sum(loader.sampler.joint_sizes()[: int(limits[0])]) for stage, (loader, limits) in taken.items()}


def logged(trainer: Trainer, stage: str) -> dict[str, float]:
    """What the trainer has last logged of a stage (train, val, test), by quantity."""
    return {
        name.removeprefix(f"{stage}/"): value.item()
        for name, value in trainer.callback_metrics.items()
        if name.startswith(f"{stage}/")
    }


def measuring_trainer(cfg: DictConfig) -> Trainer:
    """A Trainer with the options of a run's, which leaves no trace but its figures."""
    trainer: Trainer = instantiate(cfg.trainer, callbacks=[SeedEachEpoch(cfg.seed)], logger=False, _convert_="all")
    return trainer
