"""Stopping a run that has diverged."""

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from src.errors import UserError


class FiniteGuard(Callback):
    """Raises UserError, naming the first step and term that is NaN or infinite, before another checkpoint is saved.

    The terms are looked at `every_n_steps` together, because each look makes a GPU wait.
    """

    def __init__(self, every_n_steps: int = 50) -> None:
        self.every_n_steps = every_n_steps
        self.seen: list[tuple[str, dict[str, Tensor]]] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        # global_step already counts this step, so it is its number from 1.
        self.seen.append((f"step {trainer.global_step} (epoch {trainer.current_epoch + 1})", outputs))
        if len(self.seen) >= self.every_n_steps:
            self._look(trainer)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._look(trainer)

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        self.seen.append((f"step {trainer.global_step} (validation after epoch {trainer.current_epoch + 1})", outputs))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._look(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._look(trainer)
        weights = torch.stack([parameter.detach().norm() for parameter in pl_module.parameters()])
        self.seen.append(
            (f"step {trainer.global_step} (the end of epoch {trainer.current_epoch + 1})", {"weights": weights.sum()})
        )
        self._look(trainer)

    def _look(self, trainer: Trainer) -> None:
        seen, self.seen = self.seen, []
        if not seen:
            return
        # The sum of what is NaN or infinite is not finite either: one number for each step, fetched together.
        totals = torch.stack([torch.stack([term.detach().abs() for term in terms.values()]).sum() for _, terms in seen])
        if trainer.strategy.reduce_boolean_decision(bool(totals.isfinite().all()), all=True):
            return
        for when, terms in seen:
            # `loss` is made of the others: name it only if none of them is to blame.
            for name, term in sorted(terms.items(), key=lambda item: item[0] in ("loss", "elbo")):
                if not term.isfinite():
                    raise UserError(
                        f"At {when} the {name} became {term.item()}, and training was stopped. A smaller optimizer.lr "
                        f"or +trainer.gradient_clip_val=1 often helps."
                    )
        raise UserError("The loss became NaN or infinite on another device, and training was stopped.")
