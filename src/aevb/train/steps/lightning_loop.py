"""Advancing Lightning's training loop from outside: the one place that knows its counters and closures."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from math import inf
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint


def steps_until_lightning_is_needed(trainer: Trainer) -> float:
    """How many steps there are from the batch that Lightning is at to where it has something else to do than to step.

    That is the end of the epoch, a validation, min_steps, max_steps or a checkpoint. At least 1: the batch itself.
    """
    loop = trainer.fit_loop.epoch_loop
    bounds: list[float] = [trainer.num_training_batches - loop.batch_idx]
    if loop.max_steps != -1:
        bounds.append(loop.max_steps - trainer.global_step)
    if loop.min_steps and loop.min_steps > trainer.global_step:  # where a run that is to stop early may stop
        bounds.append(loop.min_steps - trainer.global_step)
    every = trainer.val_check_batch
    if every is not None and every != inf:
        seen = loop.total_batch_idx if trainer.check_val_every_n_epoch is None else loop.batch_idx
        bounds.append(every - seen % every)
    saving = [callback for callback in trainer.checkpoint_callbacks if isinstance(callback, ModelCheckpoint)]
    intervals = [callback._every_n_train_steps for callback in saving if callback._every_n_train_steps]
    return min([*bounds, *(n - trainer.global_step % n for n in intervals)])


def next_closures(trainer: Trainer, n: int) -> Iterator[Callable[[], Any]]:
    """The closures for the next n batches. Fetching one counts the step before it as taken.

    A closure runs `training_step`, clears the gradients and goes backward, as Lightning's own does.
    """
    fetcher = trainer.fit_loop._data_fetcher
    assert fetcher is not None
    for _ in range(n):
        batch, *_ = next(fetcher)
        _count(trainer, 1, is_last_batch=fetcher.done)
        batch = trainer.strategy.batch_to_device(trainer.precision_plugin.convert_input(batch), dataloader_idx=0)
        batch_idx = trainer.fit_loop.batch_idx
        trainer.lightning_module.on_train_batch_start(batch, batch_idx)
        loop = trainer.fit_loop.epoch_loop.automatic_optimization
        yield loop._make_closure(OrderedDict(batch=batch, batch_idx=batch_idx), trainer.optimizers[0], batch_idx)


def skip_batches(trainer: Trainer, n: int) -> None:
    """Count n steps more as taken, on the next n batches, which somebody else has fetched."""
    fetcher = trainer.fit_loop._data_fetcher
    assert fetcher is not None
    assert fetcher.length is not None
    fetcher.fetched += n
    fetcher.done = fetcher.fetched >= fetcher.length
    _count(trainer, n, is_last_batch=fetcher.done)


def _count(trainer: Trainer, n: int, is_last_batch: bool) -> None:
    loop = trainer.fit_loop.epoch_loop
    loop.batch_progress.increment_by(n, is_last_batch)
    loop.automatic_optimization.optim_progress.optimizer.step.increment_by(n)  # global_step
    loop._batches_that_stepped += n  # the step that loggers write


def is_last_batch(trainer: Trainer) -> bool:
    """Whether the batch that Lightning is at is the last of its epoch."""
    return trainer.fit_loop.epoch_loop.batch_progress.is_last_batch


def is_last_step(trainer: Trainer) -> bool:
    """Whether the step that Lightning has taken is the last of trainer.max_steps."""
    return trainer.global_step == trainer.fit_loop.max_steps


def is_validation_due(trainer: Trainer) -> bool:
    """Whether the batch that Lightning is at is followed by a validation."""
    fetcher = trainer.fit_loop._data_fetcher
    assert fetcher is not None
    return trainer.fit_loop.epoch_loop._should_check_val_fx(fetcher)


def begin_epochs_anew(trainer: Trainer) -> None:
    """Have a run that was saved at the end of an epoch go on with the next one, with trainer.max_steps, too.

    With max_steps Lightning takes any checkpoint for one within an epoch, and goes through that end a second time.
    """
    trainer.fit_loop._iteration_based_training = lambda: False  # type: ignore[method-assign]
