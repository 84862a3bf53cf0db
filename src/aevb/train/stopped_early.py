"""Why a run has ended before its last epoch."""

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason

from aevb.terminal import format_number

OF_LIGHTNING = " Signaling Trainer to stop."


def why_stopped_early(trainer: Trainer) -> str | None:
    """A sentence about the EarlyStopping that has ended training; None where none has."""
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if not (isinstance(callback, EarlyStopping) and callback.stopping_reason_message):
            continue
        reason = callback.stopping_reason_message.removesuffix(OF_LIGHTNING).rstrip(".")
        if callback.stopping_reason == EarlyStoppingReason.PATIENCE_EXHAUSTED:
            best = format_number(float(callback.best_score))
            reason = f"{callback.monitor} was no better than {best} within patience={callback.patience}"
        return f"Early stopping ended training after epoch {callback.stopped_epoch + 1}: {reason}."
    return None
