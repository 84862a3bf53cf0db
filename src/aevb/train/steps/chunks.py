"""How a model takes its optimiser steps."""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, cast

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor

from aevb.errors import UserError, whole_number
from aevb.process import tune_process
from aevb.train.steps.bare_step import BareStep, looks_at, why_not_bare, why_not_captured
from aevb.train.steps.compiled_terms import compiled_terms
from aevb.train.steps.lightning_loop import next_batches, room, skip_batches

if TYPE_CHECKING:
    from aevb.models import ImageModel

AUTO_SIZE = {"cpu": 25, "cuda": 500}  # steps: a fraction of a second, so that the progress bar moves
PER_BATCH_HOOKS = ("on_train_batch_start", "on_train_batch_end")

log = logging.getLogger(__name__)


class Steps:
    """Takes several optimiser steps, a chunk, for each batch that Lightning's loop sees.

    Lightning fetches a batch, calls its callbacks, and hands over a closure that computes the batch's gradients. Steps
    steps with it, and then takes the chunk's other steps itself: bare ones (see BareStep), on a GPU replayed from a
    CUDA graph; or, where Lightning has something to do within each step, such as clipping or averaging gradients over
    devices, with the same closure on batches that it fetches itself. Lightning counts every step, and a chunk ends
    where it has something else to do: at the end of the epoch, at a validation, a checkpoint or max_steps. A callback
    that looks at every batch, such as one that averages weights, gets chunks of one step.

    chunk_size: the most steps in a chunk; auto chooses by device, 1 leaves the loop to Lightning.
    cuda_graph: true raises UserError where a step cannot be captured, auto then goes on without; false: no capture.
    compile: see `compiled_terms`.
    tune_process: see `tune_process`.
    """

    def __init__(
        self,
        chunk_size: int | str = 1,
        cuda_graph: bool | str = False,
        compile: bool = False,
        tune_process: bool = False,
    ) -> None:
        if cuda_graph not in ("auto", True, False):
            raise ValueError(f"cuda_graph={cuda_graph!r}: expected auto, true or false")
        for name, value in (("compile", compile), ("tune_process", tune_process)):
            if not isinstance(value, bool):
                raise ValueError(f"{name}={value!r}: expected true or false")
        self.chunk_size = None if chunk_size == "auto" else whole_number("chunk_size", chunk_size)
        self.cuda_graph = cuda_graph
        self.compile = compile
        self.tune_process = tune_process
        self.size = 1  # steps in a chunk
        self.bare: BareStep | None = None
        self.batch: Any = None  # what the next closure steps on, if not on Lightning's own batch
        self.taken: list[dict[str, Tensor]] = []  # the outputs of the chunk's steps: () each, or (n,) for n steps
        self.images = 0  # in the chunk, on this device

    def prepare(self, model: "ImageModel", trainer: Trainer) -> None:
        """Decide how steps are taken, once, before the first."""
        reason = why_single(trainer)
        if reason and (self.chunk_size or 1) > 1:
            raise UserError(f"speed.chunk_size={self.chunk_size} does not go with {reason}: say speed.chunk_size=auto")
        if reason and self.chunk_size is None:
            log.info("Steps are taken one by one, because of %s.", reason)
        on_gpu = trainer.strategy.root_device.type == "cuda"
        self.size = 1 if reason else self.chunk_size or AUTO_SIZE["cuda" if on_gpu else "cpu"]

        reason = reason or ("speed.chunk_size=1" if self.size == 1 else why_not_bare(model, trainer))
        why_not = reason or why_not_captured(model, trainer)
        if why_not and self.cuda_graph is True:
            raise UserError(f"speed.cuda_graph=true does not go with {why_not}: say speed.cuda_graph=auto")
        if why_not and self.cuda_graph and self.size > 1 and on_gpu:
            log.info("No CUDA graph is used, because of %s.", why_not)
        capture = bool(self.cuda_graph) and not why_not
        self.bare = None if reason else BareStep(model, trainer, capture)
        for group in trainer.optimizers[0].param_groups:
            if "capturable" in group:
                group["capturable"] = capture or trainer.optimizers[0].defaults["capturable"]

        if self.compile:
            model.compiled_terms = compiled_terms(model, trainer)
        if self.tune_process:
            tune_process()

    def take(self, model: "ImageModel", optimizer: LightningOptimizer, closure: Callable[[], Any]) -> None:
        """Step on Lightning's batch, and on as many more as the chunk has."""
        more = int(min(room(model.trainer), self.size)) - 1
        with self.bare.on_its_stream() if self.bare else nullcontext():
            optimizer.step(closure=closure)
            if self.bare:
                self._take_bare(model, self.bare, min(more, self.bare.loader.full_batches - self.bare.loader.position))
                return
            for self.batch in next_batches(model.trainer, more):
                model.on_train_batch_start(self.batch, model.trainer.fit_loop.batch_idx)
                optimizer.step(closure=closure)
        self.batch = None

    def note(self, outputs: dict[str, Tensor], images: int) -> None:
        """Remember what a step gave."""
        if self.batch is None:  # Lightning's own batch begins a chunk
            self.taken, self.images = [], 0
        self.taken.append({name: value.detach() for name, value in outputs.items()})
        self.images += images

    def _take_bare(self, model: "ImageModel", bare: BareStep, n: int) -> None:
        if n <= 0:
            return
        sums = bare.run(n)  # (n, T)
        skip_batches(model.trainer, n)
        means = (sums / bare.loader.batch_size).unbind(1)
        self.taken.append(dict(zip(model.term_names, means, strict=True)))
        self.images += n * bare.loader.batch_size


def why_single(trainer: Trainer) -> str | None:
    """What has to see each step by itself, in words; None if nothing has to."""
    if trainer.accumulate_grad_batches != 1:
        return f"trainer.accumulate_grad_batches={trainer.accumulate_grad_batches}"
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        takes_chunks = isinstance(callback, ModelCheckpoint) or getattr(callback, "takes_chunks", False)
        if not takes_chunks and looks_at(callback, PER_BATCH_HOOKS):
            return f"the callback {type(callback).__name__}, which looks at every batch"
    return None


def steps_of(module: LightningModule) -> Steps:
    """How an ImageModel takes its steps, for callbacks, to which Lightning hands it as any module."""
    return cast(Steps, module.steps)
