"""One run, from a composed configuration to metrics.json."""

import logging
import shlex
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from lightning.pytorch import Callback, Trainer, seed_everything
from omegaconf import DictConfig, OmegaConf

from aevb.data import ImageDataModule
from aevb.errors import DISK, ELSEWHERE, Interrupted, UserError
from aevb.models import ImageModel, Replicas
from aevb.runs.checkpoint import find_checkpoint, load_checkpoint, restore_weights
from aevb.train.callbacks import FiniteGuard, History, RepeatableNoise, SaveConfig, Throughput
from aevb.train.checkpoint_io import AtomicCheckpointIO
from aevb.train.each_seed import Scores, build_model, report_each
from aevb.train.preflight import check_optimizer, check_parts_fit, refuse_impossible, unused
from aevb.train.pretrained import load_pretrained
from aevb.train.report import log_hyperparameters, print_summary, revision, shown, versions, write_metrics
from aevb.train.resume import check_resumable, keep_best

SETTLED = (
    ".*isinstance.treespec, LeafSpec",  # Lightning's own use of a deprecated name
    "The number of training batches",  # nothing is logged step by step
    "Total length of `list` across ranks is zero",  # data.val_size=0
    "The dirpath has changed",  # a resumed run has its own folder; see aevb.train.resume
    "Checkpoint directory .* exists and is not empty",  # as above: it holds the best checkpoint so far
    "Be aware that when using `ckpt_path`, callbacks",  # a resumed run may save its checkpoints more or less often
    "Found .* in eval mode at the start",  # the trained model that a prior is made from stays as it is
)


def train(cfg: DictConfig) -> float:
    """Train, then validate and test the best checkpoint; returns its val/loss (train/loss without validation)."""
    quieten()
    refuse_impossible(cfg)
    pretrained = load_pretrained(cfg)
    config: dict[str, Any] = OmegaConf.to_container(cfg, resolve=True)  # type: ignore[assignment]
    config["choices"] = {group: name for group, name in config["choices"].items() if not unused(group, cfg)}
    run_dir = Path(cfg.run_dir)
    run_dir.mkdir(parents=True, exist_ok=True)
    ckpt_path = find_checkpoint(cfg.ckpt_path, "last.ckpt") if cfg.ckpt_path else None
    resumed = load_checkpoint(ckpt_path) if ckpt_path else None
    if ckpt_path and resumed:
        check_resumable(ckpt_path, resumed, config)

    # Validation of arguments makes a GPU wait at every distribution; a loss that diverges is caught all the same.
    torch.distributions.Distribution.set_default_validate_args(False)
    seed_everything(cfg.seed, workers=True, verbose=False)
    data: ImageDataModule = instantiate(cfg.data, orders=cfg.replicas, _convert_="all")
    model = build_model(cfg, pretrained)
    model.steps = instantiate(cfg.speed)
    if ckpt_path and resumed:
        restore_weights(model, resumed, ckpt_path)
    check_parts_fit(model, data.image_shape)
    check_optimizer(model, cfg)
    throughput = Throughput()
    history = History(run_dir / "history.csv")
    callbacks: list[Callback] = [throughput, history, RepeatableNoise(cfg.seed), FiniteGuard(), SaveConfig(config)]
    if cfg.data.val_size:
        best = instantiate(cfg.callbacks.best, monitor=model.monitor, mode=model.monitor_mode)()
        callbacks.append(best)
        if ckpt_path and resumed:
            keep_best(ckpt_path, resumed, best)
    # A node without a class has options, from an experiment, of a figure that was not asked for.
    others = [node for name, node in cfg.callbacks.items() if name != "best" and node and "_target_" in node]
    callbacks += [instantiate(node, _convert_="all") for node in others]
    own_parts = {"callbacks": callbacks, "logger": instantiate(cfg.logger), "plugins": [AtomicCheckpointIO()]}
    trainer: Trainer = instantiate(cfg.trainer, **own_parts, default_root_dir=str(run_dir), _convert_="all")
    if trainer.is_global_zero:
        for old in run_dir.glob("replica-*/checkpoints/*.ckpt"):
            old.unlink()  # of a run that used this folder before
        OmegaConf.save(OmegaConf.create(config), run_dir / "config.yaml")

    log_hyperparameters(trainer, config)
    started = time.perf_counter()
    with resumable(trainer, run_dir):
        trainer.fit(model, datamodule=data, ckpt_path=ckpt_path, weights_only=True)
        seconds = time.perf_counter() - started
        final = {name: value.item() for name, value in trainer.callback_metrics.items()}
        if not (run_dir / "checkpoints" / "last.ckpt").exists():
            raise UserError("No epoch came to its end, so there is nothing to test: look at the options of trainer.")
        checkpoint = find_checkpoint(run_dir, "best.ckpt" if data.val_size else "last.ckpt")
        scores = score(trainer, model, data, checkpoint)

    if trainer.is_global_zero:
        metrics = {
            **scores,
            "train": strip({name: value for name, value in final.items() if name.startswith("train/")}),
            "units": model.units,
            "checkpoint": str(shown(checkpoint)),
            "epochs": trainer.current_epoch,
            "seconds": seconds,
            "images_per_second": throughput.images_per_second,
            "device": str(trainer.strategy.root_device),
            "devices": trainer.world_size,
            "parameters": sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
            "seed": cfg.seed,
            "latent_dim": cfg.latent_dim,
            "choices": config["choices"],
            "data": {"binarize": data.binarize, "image_shape": data.image_shape, "split_sizes": data.sizes},
            "git_revision": revision(),
            "versions": versions(),
        }
        if isinstance(model, Replicas):
            # Figures and curves are those of the run.
            trainer.callbacks = [callback for callback in callbacks if isinstance(callback, RepeatableNoise)]  # type: ignore[attr-defined]
            loggers, trainer.loggers = trainer.loggers, []
            metrics = report_each(model, checkpoint, config, metrics, lambda alone: score(trainer, alone, data))
            trainer.loggers = loggers
            scores = {stage: metrics[stage] for stage in scores}
        write_metrics(run_dir, metrics)
        log_hyperparameters(trainer, config, metrics)
        print_summary(run_dir, metrics)
    return scores["validation"]["loss"] if data.val_size else final["train/loss"]


def score(trainer: Trainer, model: ImageModel, data: ImageDataModule, checkpoint: Path | None = None) -> Scores:
    """Validate and test the model, with the weights in a checkpoint or its own."""
    tested: dict[str, Any] = {"datamodule": data, "ckpt_path": checkpoint, "weights_only": True, "verbose": False}
    loggers, trainer.loggers = trainer.loggers, []  # the curves of training end with training
    validation = first(trainer.validate(model, **tested)) if data.val_size else {}
    trainer.loggers = loggers
    test = first(trainer.test(model, **tested))
    return {"test": strip(test), "validation": strip(validation)}


def first(results: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """The figures of the only loader; none if an option of the trainer skipped it."""
    return results[0] if results else {}


def strip(metrics: Any) -> dict[str, float]:
    """{'test/elbo': …} -> {'elbo': …}."""
    return {name.rpartition("/")[2]: value for name, value in metrics.items()}


def quieten() -> None:
    """Silence what Lightning says about matters that are settled here."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in SETTLED:
        warnings.filterwarnings("ignore", message=message)


@contextmanager
def resumable(trainer: Trainer, run_dir: Path) -> Iterator[None]:
    """Turn Ctrl-C into a message that says how to go on, and a disk that fails into one that names the run folder."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK:
            raise
        raise UserError(f"{shown(run_dir)} could not be written: {DISK[error.errno]}. {ELSEWHERE}") from error
    except SystemExit:  # what Lightning makes of Ctrl-C
        if not trainer.interrupted:
            raise
        last = run_dir / "checkpoints" / "last.ckpt"
        if not last.exists():
            raise Interrupted("Interrupted before the first checkpoint.") from None
        task = HydraConfig.get().overrides.task
        quoted = f"ckpt_path='{shown(last)}'"  # for Hydra: a sweep's folders have = and , in their names
        overrides = [*(override for override in task if not override.startswith("ckpt_path=")), quoted]
        raise Interrupted(
            f"Interrupted. The last checkpoint is {shown(last)}; to go on from it:\n"
            f"python -m src.train {shlex.join(overrides)}"
        ) from None
