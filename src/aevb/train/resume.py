"""Going on from a checkpoint."""

import shutil
from pathlib import Path
from typing import Any

from lightning.pytorch.callbacks import ModelCheckpoint

from aevb.errors import UserError
from aevb.runs.checkpoint import load_checkpoint

MUST_AGREE = ("model", "data", "seed", "replicas")


def check_resumable(path: Path, checkpoint: dict[str, Any], config: dict[str, Any]) -> None:
    """Raise UserError unless the run that `config` describes is the one in the checkpoint, and has epochs left."""
    missing = {"epoch", "callbacks", "loops", "optimizer_states", "lr_schedulers"} - checkpoint.keys()
    if missing:
        raise UserError(f"{path} has weights, but training cannot go on from it: it lacks {', '.join(sorted(missing))}")
    then = {"replicas": 1, **_flat(checkpoint["config"])}  # older checkpoints do not say
    now = _flat(config)
    differing = [
        f"{key} was {then.get(key, 'absent')} and is now {now.get(key, 'absent')}"
        for key in sorted(then.keys() | now.keys())
        if key.startswith(MUST_AGREE) and then.get(key) != now.get(key)
    ]
    if differing:
        raise UserError(
            f"{path} belongs to a run with other options: {'; '.join(differing)}. Give the options of that run again; "
            f"they are in {path.parent.parent / 'config.yaml'}."
        )
    done, wanted = _epochs_done(checkpoint), config["trainer"]["max_epochs"]
    if done >= wanted:
        raise UserError(
            f"{path} has already been trained for {done} epochs: say trainer.max_epochs={done + 10}, for example"
        )


def keep_best(path: Path, checkpoint: dict[str, Any], callback: ModelCheckpoint) -> None:
    """Copy the best checkpoint so far into the new run, so that only a better epoch replaces it.

    Lightning forgets the best score when the folder of the checkpoints changes.
    """
    before = path.parent / "best.ckpt"
    if not before.exists() or (content := load_checkpoint(before))["epoch"] > checkpoint["epoch"]:
        return
    score = content["callbacks"][callback.state_key]["best_model_score"]
    best = Path(str(callback.dirpath)) / "best.ckpt"
    best.parent.mkdir(parents=True, exist_ok=True)
    if not best.exists() or not best.samefile(before):
        shutil.copy(before, best)
    callback.best_k_models = {str(best): score}
    callback.kth_best_model_path = str(best)
    callback.kth_value = callback.best_model_score = score


def _epochs_done(checkpoint: dict[str, Any]) -> int:
    """The epochs of which no step is left; one that was saved in the middle is not done."""
    fit: dict[str, Any] = checkpoint["loops"]["fit_loop"]
    processed: int = fit["epoch_progress"]["current"]["processed"]
    return max(processed, checkpoint["epoch"] + int(fit["epoch_loop.batch_progress"]["is_last_batch"]))


def _flat(config: Any, prefix: str = "") -> dict[str, Any]:
    """{'a': {'b': 1}} -> {'a.b': 1}."""
    if not isinstance(config, dict):
        return {prefix: config}
    return {k: v for key, value in config.items() for k, v in _flat(value, f"{prefix}.{key}".lstrip(".")).items()}
