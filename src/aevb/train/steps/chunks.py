"""Several optimiser steps for each batch that Lightning's loop sees."""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor

from aevb.checks import true_or_false, whole_number
from aevb.errors import UserError
from aevb.process import tune_process
from aevb.train.steps.chunk import Chunk
from aevb.train.steps.compiled_terms import compiled_terms
from aevb.train.steps.direct_step import DirectStep
from aevb.train.steps.lightning_loop import next_closures, skip_batches, steps_until_lightning_is_needed
from aevb.train.steps.obstacles import why_not_captured, why_not_direct, why_single
from aevb.train.steps.stepped import Stepped

AUTO_SIZE = {"cpu": 25, "cuda": 500}  # steps: a fraction of a second, so that the progress bar moves

log = logging.getLogger(__name__)


class Chunks:
    """Takes several optimiser steps, a chunk, for each batch that Lightning's loop sees.

    Lightning fetches a batch, calls its callbacks, and hands over a closure that computes the batch's gradients. Chunks
    steps with it, and then takes the chunk's other steps itself: direct ones (see DirectStep), on a GPU replayed from a
    CUDA graph; or, where Lightning has something to do within each step, such as clipping or averaging gradients over
    devices, with closures on batches that it fetches itself. Lightning counts every step, and a chunk ends where it has
    something else to do: at the end of the epoch, at a validation, a checkpoint or max_steps. A callback that looks at
    every batch without being a ChunkCallback, such as one that averages weights, gets chunks of one step. Callbacks may
    change the optimiser, clipping, accumulation or the model while training: how steps are taken is decided anew for
    each chunk.

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
        self.chunk_size = None if chunk_size == "auto" else whole_number("chunk_size", chunk_size)
        self.cuda_graph = cuda_graph
        self.compile = true_or_false("compile", compile)
        self.tune_process = true_or_false("tune_process", tune_process)
        self.size = 1  # steps in a chunk
        self.capture = False  # whether direct steps are captured
        self.direct: DirectStep | None = None
        self.logged: set[str] = set()
        self.recorded: list[Tensor] = []  # the means of the terms over the batches of the chunk so far, (·, T) each
        self.images = 0  # in the chunk so far

    def prepare(self, module: Stepped) -> None:
        """Called before the first step; raises UserError for options that do not go with this run."""
        trainer = module.trainer
        reason = why_single(trainer)
        if reason and (self.chunk_size or 1) > 1:
            raise UserError(f"speed.chunk_size={self.chunk_size} does not go with {reason}: set speed.chunk_size=auto")
        why_not = self._why_not_direct(trainer) or why_not_captured(module.model, trainer)
        if why_not and self.cuda_graph is True:
            raise UserError(f"speed.cuda_graph=true does not go with {why_not}: set speed.cuda_graph=auto")
        self.capture = bool(self.cuda_graph) and not why_not
        self.direct = None
        self._decide(module)
        if self.compile:
            module.training_terms = compiled_terms(module)
        if self.tune_process:
            tune_process()

    def _why_not_direct(self, trainer: Trainer) -> str | None:
        return why_single(trainer) or ("speed.chunk_size=1" if self.chunk_size == 1 else why_not_direct(trainer))

    def _decide(self, module: Stepped) -> bool:
        """Decide how the next chunk's steps are taken; returns whether directly.

        Where something has come in the way of a capture, no graph is used for the rest of the run: what was done
        meanwhile, such as gradients left from another stream, would be in the way of the next one.
        """
        trainer = module.trainer
        on_gpu = trainer.strategy.root_device.type == "cuda"
        single, not_direct = why_single(trainer), self._why_not_direct(trainer)
        if single and self.chunk_size is None:
            self._log_once(f"Steps are taken one by one, because of {single}.")
        self.size = 1 if single else self.chunk_size or AUTO_SIZE["cuda" if on_gpu else "cpu"]
        why_not = not_direct or why_not_captured(module.model, trainer)
        if why_not and self.cuda_graph and self.size > 1 and on_gpu:
            self._log_once(f"No CUDA graph is used, because of {why_not}.")
        self.capture = self.capture and not why_not
        if not not_direct and self.direct is None:
            self.direct = DirectStep(module)
        optimizer = trainer.optimizers[0]
        for group in optimizer.param_groups:
            if "capturable" in group:
                group["capturable"] = self.capture or optimizer.defaults["capturable"]
        return not not_direct

    def _log_once(self, message: str) -> None:
        if message not in self.logged:
            self.logged.add(message)
            log.info(message)

    def record(self, means: Tensor, images: int) -> None:
        """Remember the terms of a step, (T,), or of several, (n, T), and how many images they were taken on."""
        self.recorded.append(means.reshape(-1, means.shape[-1]))
        self.images += images

    def take(self, module: Stepped, optimizer: LightningOptimizer, closure: Callable[[], Any]) -> Chunk:
        """Step on Lightning's batch, and on as many more as the chunk has; returns what was done."""
        trainer = module.trainer
        first_step = trainer.global_step + 1
        directly = self._decide(module)
        more = int(min(steps_until_lightning_is_needed(trainer), self.size)) - 1
        with self.direct.on_its_stream() if self.direct else nullcontext():
            optimizer.step(closure=closure)
            if self.direct and directly:
                self.direct.follow(optimizer.optimizer, self.capture)
                self._step_directly(module, self.direct, more)
            else:
                for closure in next_closures(trainer, more):
                    optimizer.step(closure=closure)
        terms, images = torch.cat(self.recorded), self.images
        self.recorded, self.images = [], 0
        if trainer.accumulate_grad_batches > 1:  # several batches, but one step
            terms = terms.mean(0, keepdim=True)
        return Chunk(first_step, terms, module.model.term_names, images)

    def _step_directly(self, module: Stepped, direct: DirectStep, more: int) -> None:
        n = min(more, direct.loader.full_batches - direct.loader.position)
        if n > 0:
            self.record(direct.run(n), n * direct.loader.batch_size)
            skip_batches(module.trainer, n)
