"""Stopping a run that has diverged."""

from typing import Any, NamedTuple, cast

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor
from torch.linalg import vector_norm

from aevb.errors import UserError
from aevb.models import SeedEnsemble
from aevb.precision import sum_dtype
from aevb.train.module import LightningModel
from aevb.train.steps import Chunk, ChunkCallback

SUMS = ("loss", "elbo")  # made of the other terms: named only if none of them is to blame


class Seen(NamedTuple):
    """The terms of n steps, (n, T), with the number of the first and the names of the terms."""

    first: int
    when: str
    names: tuple[str, ...]
    terms: Tensor


class FiniteGuard(ChunkCallback):
    """Raises UserError before a checkpoint is saved with a term that is NaN or infinite, naming its first step.

    The terms are looked at `every_n_steps` together, because each look makes a GPU wait.
    """

    def __init__(self, every_n_steps: int = 50) -> None:
        self.every_n_steps = every_n_steps
        self.seen: list[Seen] = []

    def on_chunk_end(self, trainer: Trainer, pl_module: LightningModule, chunk: Chunk) -> None:
        self.seen.append(Seen(chunk.first_step, f"epoch {trainer.current_epoch + 1}", chunk.names, chunk.terms))
        if sum(len(seen.terms) for seen in self.seen) >= self.every_n_steps:
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
        when = f"validation after epoch {trainer.current_epoch + 1}"
        self.seen.append(Seen(trainer.global_step, when, tuple(outputs), torch.stack([*outputs.values()]).unsqueeze(0)))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._look(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._look(trainer)
        kept_in = sum_dtype(pl_module.device)
        norms = [vector_norm(parameter.detach(), dtype=kept_in) for parameter in pl_module.parameters()]
        weights = torch.stack(norms).sum()
        when = f"the end of epoch {trainer.current_epoch + 1}"
        self.seen.append(Seen(trainer.global_step, when, ("weights",), weights.reshape(1, 1)))
        self._look(trainer)

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        self._look(trainer)

    def _look(self, trainer: Trainer) -> None:
        seen, self.seen = self.seen, []
        if not seen:
            return
        # The sum of what is NaN or infinite is not finite either: one number for each step, fetched together.
        finite = torch.cat([each.terms.abs().sum(1) for each in seen]).isfinite()
        if trainer.strategy.reduce_boolean_decision(bool(finite.all()), all=True):
            return
        for first, when, names, terms in seen:
            order = sorted(range(len(names)), key=lambda i: names[i] in SUMS)
            values = terms[:, order]
            for i, j in (~values.isfinite()).nonzero()[:1].tolist():
                raise UserError(
                    f"At step {first + i} ({when}) the {names[order[j]]} became {values[i, j].item()}, and training "
                    f"was stopped. {remedy(trainer)}"
                )
        raise UserError("The loss became NaN or infinite on another device, and training was stopped.")


def remedy(trainer: Trainer) -> str:
    """What often helps, in options that go with the others of this run."""
    if trainer.gradient_clip_val:
        return f"A smaller optimizer.lr or trainer.gradient_clip_val (now {trainer.gradient_clip_val}) often helps."
    clipping = "+trainer.gradient_clip_val=1"
    if isinstance(cast(LightningModel, trainer.lightning_module).model, SeedEnsemble):
        clipping += " +trainer.gradient_clip_algorithm=value"
    if trainer.precision.endswith("-mixed") and trainer.optimizers[0].defaults.get("fused"):
        clipping += " optimizer.fused=false"
    return f"A smaller optimizer.lr or {clipping} often helps."
