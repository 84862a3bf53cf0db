"""From a plan to data, model and trainer."""

from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from omegaconf import DictConfig

from aevb.checks import WrongClass
from aevb.command_line.figure_nodes import figure_of, schedule_of
from aevb.command_line.hydra_messages import root_cause
from aevb.command_line.suggestions import buildable
from aevb.command_line.sweeps.search import refuse_without_validation, trial_of_job
from aevb.data import OF_THE_SET
from aevb.errors import UserError
from aevb.figures import wanted_quantities
from aevb.models import ImageModel, SeedEnsemble, VQPrior
from aevb.process import skip_distribution_checks
from aevb.runs.checkpoint import restore_weights
from aevb.runs.leftovers import Leftovers
from aevb.train.advice import advice
from aevb.train.callbacks import (
    BeginRun,
    BestOfEachSeed,
    DescribeModel,
    DrawFigure,
    FinalWeights,
    FiniteGuard,
    GoOn,
    History,
    Prune,
    ReplayCurves,
    SaveConfig,
    SeedEachEpoch,
    Throughput,
)
from aevb.train.checkpoint_io import AtomicCheckpointIO
from aevb.train.data_module import ImageDataModule
from aevb.train.loggers import build_loggers
from aevb.train.memory import check_memory
from aevb.train.module import LightningModel
from aevb.train.plan import Plan
from aevb.train.precision import check_precision, refuse_precision, set_precision
from aevb.train.preflight import check_one_image, check_optimizer, check_parts_fit, check_trainer
from aevb.train.resume import keep_checkpoints
from aevb.train.trainer_options import check_trainer_options, prepare_trainer
from aevb.train.watched import Known, may_log, watching


@dataclass(frozen=True)
class Training:
    """All that takes part in a run."""

    plan: Plan
    data: ImageDataModule
    module: LightningModel
    trainer: Trainer
    throughput: Throughput
    history: History
    final_weights: FinalWeights
    prune: Prune | None


def assemble(plan: Plan) -> Training:
    """Build everything that a run needs; raises UserError for parts that do not go together."""
    cfg = plan.cfg
    refuse_precision(cfg)
    skip_distribution_checks()
    seed_everything(cfg.seed, workers=True, verbose=False)
    described = {name: value for name, value in cfg.data.items() if name not in OF_THE_SET}
    data = ImageDataModule(instantiate(described, orders=cfg.seeds, _convert_="all"))
    module = build_module(plan)
    check_memory(module.model, cfg)
    check_parts_fit(module.model, data.data.image_shape)
    check_optimizer(module, cfg)
    plan.run_dir.mkdir(parents=True, exist_ok=True)
    check_trainer_options(cfg.trainer)
    throughput, history = Throughput(), History(plan.run_dir / "history.csv")
    final_weights = FinalWeights(plan.run_dir / "checkpoints")
    prune = prune_by_search(plan, module, history)
    trainer: Trainer = instantiate(
        cfg.trainer,
        logger=build_loggers(
            cfg.logger, plan.run_dir, plan.resumed.checkpoint["global_step"] if plan.resumed else None
        ),
        callbacks=[final_weights, throughput, history, *callbacks(plan, module), *([prune] if prune else [])],
        plugins=[AtomicCheckpointIO()],
        default_root_dir=str(plan.run_dir),
        _convert_="all",
    )
    check_trainer(trainer, module.model)
    prepare_trainer(trainer, cfg.trainer, plan.run_dir)
    data.prepare_data()
    data.setup()
    if data.smallest_batch(trainer.world_size) == 1:
        check_one_image(module.model, data.data)
    set_precision(trainer, module)
    check_precision(trainer, module)
    return Training(plan, data, module, trainer, throughput, history, final_weights, prune)


def build_module(plan: Plan) -> LightningModel:
    """The model that is planned, with an optimiser and its steps; with the weights of the run that it goes on from."""
    cfg = plan.cfg
    models = [build_model(plan, cfg.seed + i) for i in range(cfg.seeds)]
    model = SeedEnsemble(models) if len(models) > 1 else models[0]
    if plan.resumed:
        restore_weights(model, plan.resumed.checkpoint, plan.resumed.path)
    parts = (instantiate(cfg[part], _convert_="all") for part in ("optimizer", "scheduler", "speed"))
    return LightningModel(model, *parts)


def build_model(plan: Plan, seed: int) -> ImageModel:
    """The model that is planned, with the initial weights of a seed."""
    torch.manual_seed(seed)
    try:
        model: ImageModel = instantiate(plan.cfg.model, _convert_="all")
    except InstantiationException as error:
        cause = root_cause(error)
        if tip := advice(cause):
            message = f"the model cannot be made of {cause}" if isinstance(cause, WrongClass) else str(cause)
            raise UserError(f"{message}: {tip}") from error
        raise
    instantiate(plan.cfg.init)(model)
    if isinstance(model, VQPrior) and plan.pretrained:
        restore_weights(model.vq_vae, plan.pretrained, plan.cfg.vq_vae)
    return model


def callbacks(plan: Plan, module: LightningModel) -> list[Callback]:
    """Those that every run has, those that are chosen, and one for each figure."""
    cfg = plan.cfg
    begin = begin_run(plan)  # notes what is there before anything is written
    needed: list[Callback] = [SeedEachEpoch(cfg.seed), FiniteGuard()]
    needed += [SaveConfig(plan.config)]
    best: ModelCheckpoint | None = None
    if cfg.data.val_size:
        best = best_checkpoint(cfg.callbacks.best, module)
        needed.append(best)
        if cfg.seeds > 1:
            of_each = BestOfEachSeed(module.monitor, module.model.select_mode)
            needed.append(of_each)
            if plan.resumed:
                of_each.go_on_from(plan.resumed.checkpoint["callbacks"].get(of_each.state_key, {}))
    if plan.resumed:
        needed.append(GoOn(plan.resumed.stopped))
        needed.append(ReplayCurves())
        keep_checkpoints(plan.resumed, best, plan.run_dir / "checkpoints")
    chosen = chosen_callbacks(plan, module.model)
    figures = (draw_figure(name, node, plan) for name, node in buildable(cfg.figures).items())
    return [*needed, *chosen, *figures, begin, DescribeModel(plan.run_dir / "model.txt", plan.config, plan.given)]


def chosen_callbacks(plan: Plan, model: ImageModel) -> list[Callback]:
    """Those of the configuration, which are told what to watch where their options leave that open."""
    nodes = {name: node for name, node in buildable(plan.cfg.callbacks).items() if name != "best"}
    known = Known(model, bool(plan.cfg.data.val_size), complete=not any(map(may_log, nodes.values())))
    chosen = []
    for name, node in nodes.items():
        callback = instantiate(node, **watching(name, node, known), _convert_="all")
        chosen.append(cast(Callback, callback() if isinstance(callback, partial) else callback))
    return chosen


def best_checkpoint(node: DictConfig, module: LightningModel) -> ModelCheckpoint:
    """The callback that keeps the best epoch; UserError for options that it does not take."""
    make = instantiate(node, monitor=module.monitor, mode=module.model.select_mode)
    try:
        best = make() if callable(make) else make
    except TypeError as error:
        raise UserError(f"callbacks.best: {error}") from error
    if not isinstance(best, ModelCheckpoint):
        raise UserError(f"callbacks.best: expected ModelCheckpoint, got {type(best).__name__}")
    return best


def prune_by_search(plan: Plan, module: LightningModel, history: History) -> Prune | None:
    """The callback that reports to a search that prunes, if this is one of its jobs."""
    trial = trial_of_job()
    if trial is None:
        return None
    refuse_without_validation(trial.pruner, plan.cfg.data.val_size)
    return Prune(trial, history, module.monitor, -1.0 if module.model.select_mode == "max" else 1.0)


def begin_run(plan: Plan) -> BeginRun:
    """The callback that replaces what was in the folder before, unless the run goes on from a checkpoint there."""
    goes_on = plan.resumed is not None and plan.run_dir.resolve() in plan.resumed.path.resolve().parents[:2]
    return BeginRun(plan.run_dir / "config.yaml", plan.config, None if goes_on else Leftovers(plan.run_dir))


def draw_figure(name: str, node: DictConfig, plan: Plan) -> DrawFigure:
    """The callback that draws a figure; UserError for wrong options."""
    try:
        figure = figure_of(node)
        wanted_quantities(figure)
        return DrawFigure(name, figure, plan.run_dir / "figures", **schedule_of(node))
    except ValueError as error:
        raise UserError(f"figures.{name} cannot be drawn: {error}") from error
