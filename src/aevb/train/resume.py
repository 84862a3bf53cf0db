"""Going on from a checkpoint, and saying how after a Ctrl-C."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.hydra_config import HydraConfig
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from aevb.errors import Interrupted, UserError
from aevb.files import RUN_FOLDER_ADVICE, disk_errors, relative_to_cwd
from aevb.runs import find_checkpoint, load_checkpoint
from aevb.terminal import shell_command

MUST_AGREE = ("model", "data", "optimizer", "scheduler", "seed", "seeds")


class Resumed(NamedTuple):
    """The checkpoint that a run goes on from."""

    path: Path
    checkpoint: dict[str, Any]


def resumed_from(ckpt_path: str | None, config: dict[str, Any]) -> Resumed | None:
    """The checkpoint at a path, or last.ckpt of a run; None for no path.

    Raises UserError unless the run that `config` describes is the one in the checkpoint, and has epochs left.
    """
    if not ckpt_path:
        return None
    path = find_checkpoint(ckpt_path, "last.ckpt")
    checkpoint = load_checkpoint(path)
    _check_resumable(path, checkpoint, config)
    return Resumed(path, checkpoint)


def _check_resumable(path: Path, checkpoint: dict[str, Any], config: dict[str, Any]) -> None:
    missing = {"epoch", "callbacks", "loops", "optimizer_states", "lr_schedulers"} - checkpoint.keys()
    if missing:
        raise UserError(f"{path} has weights, but training cannot go on from it: it lacks {', '.join(sorted(missing))}")
    then, now = _flat(checkpoint["config"]), _flat(config)
    differing = [
        f"{key} was {then.get(key, 'absent')} and is now {now.get(key, 'absent')}"
        for key in sorted(then.keys() | now.keys())
        if key.split(".")[0] in MUST_AGREE and then.get(key) != now.get(key)
    ]
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
    done, wanted = _epochs_done(checkpoint), config["trainer"]["max_epochs"]
    if done >= wanted and config["data"].get("stream"):
        raise UserError(f"{path} has already been trained for {done} epochs, and a stream is served once")
    if done >= wanted:
        raise UserError(
            f"{path} has already been trained for {done} epochs: set trainer.max_epochs to more, such as {done + 10}"
        )


def keep_best(resumed: Resumed, callback: ModelCheckpoint) -> None:
    """Copy the best checkpoint so far into the new run, so that only a better epoch replaces it.

    Lightning forgets the best score when the folder of the checkpoints changes.
    """
    before = resumed.path.parent / "best.ckpt"
    if not before.exists() or (content := load_checkpoint(before))["epoch"] > resumed.checkpoint["epoch"]:
        return
    score = content["callbacks"][callback.state_key]["best_model_score"]
    best = Path(str(callback.dirpath)) / "best.ckpt"
    best.parent.mkdir(parents=True, exist_ok=True)
    if not best.exists() or not best.samefile(before):
        shutil.copy(before, best)
    callback.best_k_models = {str(best): score}
    callback.kth_best_model_path = str(best)
    callback.kth_value = callback.best_model_score = score


@contextmanager
def resumable(trainer: Trainer, run_dir: Path) -> Iterator[None]:
    """Turn Ctrl-C into a message that says how to go on, and a disk that fails into one that names the run folder."""
    try:
        with disk_errors(relative_to_cwd(run_dir), RUN_FOLDER_ADVICE):
            yield
    except SystemExit:  # what Lightning makes of Ctrl-C
        if not trainer.interrupted:
            raise
        last = run_dir / "checkpoints" / "last.ckpt"
        if not last.exists():
            raise Interrupted("Interrupted before the first checkpoint.") from None
        shown = relative_to_cwd(last)
        task = HydraConfig.get().overrides.task
        quoted = f"ckpt_path='{shown}'"  # for Hydra: a sweep's folders have = and , in their names
        overrides = [*(override for override in task if not override.startswith("ckpt_path=")), quoted]
        raise Interrupted(
            f"Interrupted. The last checkpoint is {shown}; to go on from it:\n{shell_command('aevb.train', *overrides)}"
        ) from None


def _epochs_done(checkpoint: dict[str, Any]) -> int:
    """The epochs of which no step is left; one that was saved in the middle is not done."""
    fit: dict[str, Any] = checkpoint["loops"]["fit_loop"]
    processed: int = fit["epoch_progress"]["current"]["processed"]
    reached: int = checkpoint["epoch"] + int(fit["epoch_loop.batch_progress"]["is_last_batch"])
    return max(processed, reached)


def _flat(config: Any, prefix: str = "") -> dict[str, Any]:
    """{'a': {'b': 1}} -> {'a.b': 1}."""
    if not isinstance(config, dict):
        return {prefix: config}
    return {k: v for key, value in config.items() for k, v in _flat(value, f"{prefix}.{key}".lstrip(".")).items()}
