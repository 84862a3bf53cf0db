"""Going on from a checkpoint, and saying how after a signal."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint, Timer

from aevb.command_line.arguments import hydra_quoted
from aevb.command_line.launchers import module_name
from aevb.errors import Interrupted, UserError
from aevb.files import RUN_FOLDER_ADVICE, disk_errors, relative_to_cwd, shell_path, write_atomically
from aevb.runs import find_checkpoint, load_checkpoint
from aevb.signals import keep_catching, stopped
from aevb.terminal import shell_command
from aevb.train.callbacks.begin_run import BeginRun
from aevb.train.callbacks.save_on_signal import SaveOnSignal
from aevb.train.complete import check_has_state, check_place, epochs_done
from aevb.train.pretrained import WHERE_THE_FILES_ARE
from aevb.train.same_options import differences, flat

MUST_AGREE = ("model", "data", "optimizer", "scheduler", "seed", "seeds")
TRAINER_MUST_AGREE = (
    "accumulate_grad_batches",
    "check_val_every_n_epoch",
    "gradient_clip_algorithm",
    "gradient_clip_val",
    "limit_train_batches",
    "overfit_batches",
    "precision",
    "val_check_interval",
)

log = logging.getLogger(__name__)


class Resumed(NamedTuple):
    """The checkpoint that a run goes on from.

    finished: no epoch is left; the run is only to be tested.
    stopped: an EarlyStopping has ended it, or will when trainer.min_epochs and min_steps are done.
    """

    path: Path
    checkpoint: dict[str, Any]
    finished: bool
    stopped: bool


def resumed_from(ckpt_path: str | None, config: dict[str, Any]) -> Resumed | None:
    """The checkpoint at a path, or last.ckpt of a run; None for no path.

    Raises UserError unless the run that `config` describes is the one in the checkpoint, which has all that training
    needs to go on, and has epochs left or was never tested.
    """
    if not ckpt_path:
        return None
    path = find_checkpoint(ckpt_path, "last.ckpt")
    checkpoint = load_checkpoint(path)
    check_has_state(path, checkpoint)
    _check_same_run(path, checkpoint, config)
    finished = _is_finished(path, checkpoint, config)
    if not finished:
        check_place(path, checkpoint)
    return Resumed(path, checkpoint, finished, _is_stopped(checkpoint, config))


def _check_same_run(path: Path, checkpoint: dict[str, Any], config: dict[str, Any]) -> None:
    then, now = flat(checkpoint["config"]), flat(config)
    averages = {f"callbacks.{name}" for name in _averaging(checkpoint["config"]) | _averaging(config)}
    differing = differences(then, now, lambda option: _must_agree(option) or option.rpartition(".")[0] in averages)
    if differing:
        follows = [
            key for key in sorted(then.keys() & now.keys()) if key.startswith("scheduler.") and then[key] != now[key]
        ]
        schedule = " ".join(f"{key}={then[key]}" for key in follows)
        raise UserError(
            f"{path} belongs to a run with other options: {'; '.join(differing)}. Give the options of that run again; "
            f"they are in {path.parent.parent / 'config.yaml'}."
            + (f" A schedule that follows trainer.max_epochs stays as it was with {schedule}" if follows else "")
        )


def _averaging(config: dict[str, Any]) -> set[str]:
    """The names of callbacks that average the weights, and keep those that are trained beside the average."""
    callbacks = config.get("callbacks") or {}
    return {name for name, node in callbacks.items() if "Averaging" in str((node or {}).get("_target_"))}


def _must_agree(option: str) -> bool:
    """Whether an option, such as trainer.precision, decides what training does."""
    part, _, name = option.partition(".")
    if part == "trainer":
        return name.split(".")[0] in TRAINER_MUST_AGREE
    return part in MUST_AGREE and name not in {f"dataset.{place}" for place in WHERE_THE_FILES_ARE}


def _is_finished(path: Path, checkpoint: dict[str, Any], config: dict[str, Any]) -> bool:
    """Whether no step is left; UserError if the run was tested, too, so that nothing is left at all."""
    steps, epochs = checkpoint["global_step"], epochs_done(checkpoint)
    trainer = config["trainer"]
    enough_steps = 0 < trainer.get("max_steps", -1) <= steps
    least = epochs >= (trainer.get("min_epochs") or 0) and steps >= (trainer.get("min_steps") or 0)
    stopped = _is_time_over(checkpoint, config) or (least and _is_stopped(checkpoint, config))
    if not (stopped or enough_steps) and epochs < trainer["max_epochs"]:
        return False
    unit, done, more = ("steps", steps, 1000) if enough_steps else ("epochs", epochs, 10)
    if not (path.parent.parent / "metrics.json").exists():
        log.info("%s has been trained for all its %s %s, and is tested now.", relative_to_cwd(path), done, unit)
        return True
    if stopped and epochs < trainer["max_epochs"]:
        by, advice = "EarlyStopping", "give it more patience, or leave it out"
        if _is_time_over(checkpoint, config):
            by, advice = (
                f"trainer.max_time={trainer['max_time']}",
                "give it more, which counts from the run's beginning",
            )
        raise UserError(f"{path} was ended by {by} after {epochs} epochs: {advice}")
    if config["data"].get("stream") and not enough_steps:
        raise UserError(f"{path} has already been trained for {done} epochs, and a stream is served once")
    raise UserError(
        f"{path} has already been trained for {done} {unit}: set trainer.max_{unit} to more, such as {done + more}"
    )


def _is_time_over(checkpoint: dict[str, Any], config: dict[str, Any]) -> bool:
    """Whether the run has had all of trainer.max_time, with the time before the checkpoint."""
    limit, state = config["trainer"].get("max_time"), checkpoint["callbacks"].get("Timer")
    return bool(limit and state) and state["time_elapsed"]["train"] >= Timer(limit)._duration


def _is_stopped(checkpoint: dict[str, Any], config: dict[str, Any]) -> bool:
    """Whether an EarlyStopping has told the run to end, and has the same options now."""
    then, now = (
        [node for node in (options.get("callbacks") or {}).values() if "EarlyStopping" in str(node)]
        for options in (checkpoint["config"], config)
    )
    states = checkpoint["callbacks"].items()
    return then == now and any(state.get("stopping_reason") for name, state in states if "EarlyStopping" in str(name))


def keep_checkpoints(resumed: Resumed, best: ModelCheckpoint | None, folder: Path) -> None:
    """Copy the best checkpoint so far into the new run, so that only a better epoch replaces it.

    Lightning forgets the best score when the folder of the checkpoints changes.

    best: the callback that keeps best.ckpt. folder: of the new run's checkpoints.
    """
    if resumed.finished:
        _copy(resumed.path, folder / "last.ckpt")
    if best is not None:
        _keep_best(resumed, best, folder / "best.ckpt")


def _keep_best(resumed: Resumed, callback: ModelCheckpoint, best: Path) -> None:
    state = resumed.checkpoint["callbacks"].get(callback.state_key, {})
    score, before = state.get("best_model_score"), resumed.path.parent / "best.ckpt"
    if score is None:  # no epoch before it was validated
        return
    kept = load_checkpoint(before)["callbacks"].get(callback.state_key, {}) if before.exists() else {}
    if kept.get("best_model_score") != score:
        log.warning("%s is not the best epoch before %s: best.ckpt will be the best after it.", before, resumed.path)
        return
    _copy(before, best)
    callback.best_k_models = {str(best): score}
    callback.kth_best_model_path = str(best)
    callback.kth_value = callback.best_model_score = score


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or not target.samefile(source):
        write_atomically(target, memoryview(source.read_bytes()))


@contextmanager
def resumable(trainer: Trainer, run_dir: Path) -> Iterator[None]:
    """Turn a signal into a message that says how to go on, and a disk that fails into one that names the run folder."""
    save = SaveOnSignal(run_dir / "checkpoints" / "last.ckpt")
    trainer.callbacks += [KeepSignals(), save]  # type: ignore[attr-defined]
    try:
        with disk_errors(shell_path(run_dir), RUN_FOLDER_ADVICE):
            yield
    except BaseException as error:  # Lightning makes a SystemExit of a KeyboardInterrupt, others what they like
        exited = isinstance(error, SystemExit) and trainer.interrupted
        if save.passed_on or not (stopped() or exited or isinstance(error, KeyboardInterrupt)):
            raise
        begun = all(own.begun for own in trainer.callbacks if isinstance(own, BeginRun))  # type: ignore[attr-defined]
        raise Interrupted(_how_to_go_on(run_dir / "checkpoints" / "last.ckpt", begun)) from None


class KeepSignals(Callback):
    """Puts this command's handlers of signals in the place of Lightning's, which it installs before each stage."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        keep_catching()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        keep_catching()

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        keep_catching()


def _how_to_go_on(last: Path, begun: bool) -> str:
    if not HydraConfig.initialized():
        return f"Interrupted. The last checkpoint is {shell_path(last)}." if last.exists() else "Interrupted."
    job = HydraConfig.get()
    if job.mode == RunMode.MULTIRUN:
        return f"Interrupted in job {job.job.num} of the sweep."
    if not (begun and last.exists()):
        return "Interrupted before the first checkpoint."
    place = [override for override in job.overrides.hydra if override.startswith("hydra.run.dir=")]
    overrides = [
        *place,
        *(override for override in job.overrides.task if not override.startswith("ckpt_path=")),
        f"ckpt_path={hydra_quoted(str(relative_to_cwd(last)))}",
    ]
    command = shell_command(module_name("train"), *overrides)
    return f"Interrupted. The last checkpoint is {shell_path(last)}; to go on from it:\n{command}"
