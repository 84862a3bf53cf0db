"""Options of Lightning's Trainer that a run sets itself, or that mean something else here."""

import os
from pathlib import Path

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import BatchSizeFinder, LearningRateFinder
from lightning.pytorch.profilers import AdvancedProfiler, PassThroughProfiler, SimpleProfiler
from omegaconf import DictConfig

from aevb.errors import UserError
from aevb.train.steps.obstacles import looks_at_every_batch

# Options, the values that change nothing, and what to do instead of any other.
SET_BY_THE_RUN: dict[str, tuple[tuple[object, ...], str]] = {
    "callbacks": ((None,), "add callbacks by name, as in +callbacks.mine._target_=…"),
    "logger": ((None,), "choose one with logger=…"),
    "default_root_dir": ((None,), "set hydra.run.dir, the folder of the run"),
    "plugins": ((None,), "leave it out; a run writes its checkpoints in its own way"),
    "enable_checkpointing": ((None, True), "leave it out; what is tested is a checkpoint"),
    "barebones": ((False,), "leave it out; without checkpoints and figures of epochs there is nothing to report, and "
                  "make bench measures the bare speed"),
    "use_distributed_sampler": ((True,), "leave it out; devices always share the images"),
    "limit_predict_batches": ((None, 1.0), "leave it out; nothing is predicted here"),
    "model_registry": ((None,), "leave it out; nothing is uploaded"),
}  # fmt: skip
CLUSTER = ("MASTER_ADDR", "SLURM_JOB_ID", "LSB_JOBID", "KUBERNETES_PORT")  # what says where the other nodes are


def check_trainer_options(options: DictConfig) -> None:
    """Raise UserError for options of the Trainer that could not do what Lightning says of them."""
    for name, (harmless, advice) in SET_BY_THE_RUN.items():
        if name in options and not any(
            type(options[name]) is type(value) and options[name] == value for value in harmless
        ):
            raise UserError(f"trainer.{name} has no use in a run: {advice}.")
    if options.get("gradient_clip_algorithm") and not options.get("gradient_clip_val"):
        raise UserError(
            f"trainer.gradient_clip_algorithm={options.gradient_clip_algorithm} has no effect without a bound: "
            f"add +trainer.gradient_clip_val=1, or leave it out."
        )
    nodes = options.get("num_nodes", 1)
    if nodes != 1 and not any(name in os.environ for name in CLUSTER):
        raise UserError(
            f"trainer.num_nodes={nodes}: nothing in the environment says where the other nodes are, so that they would "
            f"be waited for in vain. Start the command with torchrun or by the cluster, or leave it out."
        )


def prepare_trainer(trainer: Trainer, options: DictConfig, run_dir: Path) -> None:
    """Refuse what shows only in the Trainer, with UserError, and give its profiler a file in the folder of the run."""
    callbacks = trainer.callbacks  # type: ignore[attr-defined]
    for callback in callbacks:
        if isinstance(callback, BatchSizeFinder | LearningRateFinder):
            option = "data.batch_size" if isinstance(callback, BatchSizeFinder) else "optimizer.lr"
            raise UserError(
                f"The callback {type(callback).__name__} sets an attribute that no model has here: try several values "
                f"instead, as in -m {option}=…,…"
            )
    if options.get("log_every_n_steps") and not any(looks_at_every_batch(callback) for callback in callbacks):
        raise UserError(
            f"trainer.log_every_n_steps={options.log_every_n_steps} has no effect: nothing is logged within an epoch. "
            f"Leave it out, or add a callback that does, such as LearningRateMonitor."
        )
    if options.get("sync_batchnorm") and trainer.world_size > 1 and trainer.strategy.root_device.type == "cpu":
        raise UserError(
            "trainer.sync_batchnorm=true needs GPUs: torch synchronises no batch norm on a CPU. Leave it out."
        )
    profiler = trainer.profiler  # type: ignore[attr-defined]
    if not isinstance(profiler, SimpleProfiler | AdvancedProfiler | PassThroughProfiler):
        raise UserError(
            f"trainer.profiler: {type(profiler).__name__} cannot follow training, validation and test in one run. "
            f"Use simple or advanced."
        )
    if not isinstance(profiler, PassThroughProfiler):
        profiler.filename = profiler.filename or "profile"
        profiler.dirpath = profiler.dirpath or str(run_dir)


def takes_a_sample(trainer: Trainer, split: str) -> bool:
    """Whether an epoch of a split (train, val, test) is a few batches, which have to stand for all, every time."""
    if split == "train":
        return trainer.overfit_batches > 0  # type: ignore[attr-defined, no-any-return]
    limit = trainer.limit_val_batches if split == "val" else trainer.limit_test_batches
    return not (isinstance(limit, float) and limit == 1.0)
