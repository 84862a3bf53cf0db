"""Checkpoints that training can go on from, and those that it cannot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aevb.errors import UserError

NEEDED = ("epoch", "global_step", "callbacks", "loops", "metrics", "optimizer_states", "lr_schedulers")

Reason = Callable[[dict[str, Any]], str | None]


def check_has_state(path: Path, checkpoint: dict[str, Any]) -> None:
    """Raise UserError unless a checkpoint has, beside weights, the state of everything that training needs."""
    missing = sorted(set(NEEDED) - checkpoint.keys())
    if missing:
        raise UserError(f"{path} has weights, but training cannot go on from it: it lacks {', '.join(missing)}")
    _refuse(path, checkpoint, _incomplete_optimizer)
    if not isinstance(checkpoint["callbacks"], dict) or not all(
        isinstance(state, dict) for state in checkpoint["callbacks"].values()
    ):
        raise UserError(f"{path} was not written by training, or was changed: its callbacks have no state")
    _refuse(path, checkpoint, lambda whole: None if epochs_done(whole) >= 0 else "it counts no epochs")


def check_place(path: Path, checkpoint: dict[str, Any]) -> None:
    """Raise UserError unless a checkpoint was saved at the end of a step or of an epoch, where Lightning can go on."""
    _refuse(path, checkpoint, _between_steps_and_epochs)


def epochs_done(checkpoint: dict[str, Any]) -> int:
    """The number of epochs that came to their end."""
    done: int = checkpoint["loops"]["fit_loop"]["epoch_progress"]["current"]["processed"]
    return done


def _refuse(path: Path, checkpoint: dict[str, Any], why: Reason) -> None:
    try:
        reason = why(checkpoint)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise UserError(f"{path} was not written by training, or was changed: training cannot go on from it") from error
    if reason:
        raise UserError(f"Training cannot go on from {path}: {reason}. Use another checkpoint of that run.")


def _incomplete_optimizer(checkpoint: dict[str, Any]) -> str | None:
    """What the state of optimiser and scheduler lacks."""
    parts = checkpoint["optimizer_states"], checkpoint["lr_schedulers"]
    if not all(len(states) == 1 and states[0] for states in parts):
        return "the state of its optimiser or scheduler is missing"
    optimizer = checkpoint["optimizer_states"][0]
    parameters = [number for group in optimizer["param_groups"] for number in group["params"]]
    if not parameters:
        return "its optimiser has no parameters"
    kept = [optimizer["state"].get(number, {}) for number in parameters]
    wanted = {name for state in kept for name in state}
    if any(state and state.keys() != wanted for state in kept):
        return "the state of its optimiser is incomplete"
    if checkpoint["global_step"] and not wanted and not _is_plain_sgd(optimizer["param_groups"][0]):
        return "the state of its optimiser is empty, although it has taken steps"
    return None


def _is_plain_sgd(group: dict[str, Any]) -> bool:
    """Whether the options of an optimiser are those of SGD without momentum, which alone remembers nothing."""
    return "dampening" in group and not group["momentum"]


def _between_steps_and_epochs(checkpoint: dict[str, Any]) -> str | None:
    """Why Lightning's counters are at no place where training can go on."""
    fit = checkpoint["loops"]["fit_loop"]
    epoch, batch = fit["epoch_progress"]["current"], fit["epoch_loop.batch_progress"]
    step = batch["current"]
    if epoch["processed"] == epoch["ready"]:
        return None if batch["is_last_batch"] else "it was saved where an epoch was stopped before its end"
    if not step["ready"] == step["started"] == step["processed"]:
        return "it was saved in the middle of a step"
    if batch["is_last_batch"]:
        return "it was saved after the last step of an epoch, but before its end"
    return None
