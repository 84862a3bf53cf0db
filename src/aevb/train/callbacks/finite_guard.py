"""Stopping a run that has diverged."""

from typing import Any, NamedTuple

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from aevb.errors import UserError
from aevb.train.steps import steps_of


class Seen(NamedTuple):
    """The terms of one step, () each, or of n steps, (n,) each."""

    first: int  # the number of the first step, from 1
    when: str
    terms: dict[str, Tensor]


class FiniteGuard(Callback):
    """Raises UserError, naming the first step and term that is NaN or infinite, before another checkpoint is saved.

    The terms are looked at `every_n_steps` together, because each look makes a GPU wait.
    """

    takes_chunks = True

    def __init__(self, every_n_steps: int = 50) -> None:
        self.every_n_steps = every_n_steps
        self.seen: list[Seen] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        taken = steps_of(pl_module).taken
        # global_step already counts these steps, so it is the number, from 1, of the last.
        number = trainer.global_step - sum(terms["loss"].numel() for terms in taken)
        for terms in taken:
            self.seen.append(Seen(number + 1, f"epoch {trainer.current_epoch + 1}", terms))
            number += terms["loss"].numel()
        if sum(seen.terms["loss"].numel() for seen in self.seen) >= self.every_n_steps:
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
        self.seen.append(Seen(trainer.global_step, f"validation after epoch {trainer.current_epoch + 1}", outputs))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._look(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._look(trainer)
        weights = torch.stack([parameter.detach().norm() for parameter in pl_module.parameters()]).sum()
        self.seen.append(
            Seen(trainer.global_step, f"the end of epoch {trainer.current_epoch + 1}", {"weights": weights})
        )
        self._look(trainer)

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        self._look(trainer)

    def _look(self, trainer: Trainer) -> None:
        seen, self.seen = self.seen, []
        if not seen:
            return
        # The sum of what is NaN or infinite is not finite either: one number for each step, fetched together.
        totals = [torch.stack([term.detach().abs() for term in each.terms.values()]).sum(0) for each in seen]
        finite = torch.cat([total.reshape(-1) for total in totals]).isfinite()
        if trainer.strategy.reduce_boolean_decision(bool(finite.all()), all=True):
            return
        for first, when, terms in seen:
            # `loss` is made of the others: name it only if none of them is to blame.
            named = sorted(terms.items(), key=lambda item: item[0] in ("loss", "elbo"))
            values = torch.stack([term.detach().reshape(-1) for _, term in named], dim=1)  # (steps, terms)
            for i, j in (~values.isfinite()).nonzero()[:1].tolist():
                raise UserError(
                    f"At step {first + i} ({when}) the {named[j][0]} became {values[i, j].item()}, and training was "
                    f"stopped. A smaller optimizer.lr or +trainer.gradient_clip_val=1 often helps."
                )
        raise UserError("The loss became NaN or infinite on another device, and training was stopped.")
