"""Training, as a terminal shows it."""

import time
from typing import cast

from lightning.pytorch import LightningModule, Trainer
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from aevb.terminal import format_number
from aevb.train.module import LightningModel
from aevb.train.steps import Chunk, ChunkCallback


class Progress(ChunkCallback):
    """A bar for the epoch under way, with the terms of the loss and images per second, and a line for each epoch done.

    Where the output is not a terminal, there are only the lines. The bar is renewed a few times a second and only
    then asks the device for numbers.
    """

    def __init__(self, refresh_seconds: float = 0.25) -> None:
        self.refresh_seconds = refresh_seconds
        self.bar: Bar | None = None
        self.validated = False  # in this epoch

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        self.epochs_done = trainer.current_epoch
        console = Console()
        self.bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[terms]}"),
            expand=True,
            console=console,
            auto_refresh=False,
            transient=True,
            disable=not console.is_terminal,
        )
        self.bar.start()
        self.task = self.bar.add_task("", total=None, terms="")
        self._begin_epoch(trainer)  # one that is resumed in the middle does not start again

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._report_epoch(trainer, pl_module)
        self._begin_epoch(trainer)
        self.validated = False

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validated = True

    def _begin_epoch(self, trainer: Trainer) -> None:
        self.started = self.shown = time.perf_counter()
        self.images = 0
        if self.bar is not None:
            self.bar.reset(self.task, total=trainer.num_training_batches, description=self._epoch(trainer, 1))

    def on_chunk_end(self, trainer: Trainer, pl_module: LightningModule, chunk: Chunk) -> None:
        self.images += chunk.images * trainer.world_size
        now = time.perf_counter()
        if self.bar is None or self.bar.disable or now - self.shown < self.refresh_seconds:
            return
        self.shown = now
        # The ELBO is what the other terms add up to.
        last = zip(chunk.names, chunk.terms[-1].tolist(), strict=True)
        terms = " ".join(f"{name} {value:.1f}" for name, value in last if name != "elbo")
        speed = f"{self.images / (now - self.started):,.0f} images/s"
        self.bar.update(self.task, completed=trainer.fit_loop.batch_idx + 1, terms=f"{terms} {speed}", refresh=True)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._report_epoch(trainer, pl_module)
        self._stop()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._stop()

    def _report_epoch(self, trainer: Trainer, module: LightningModule) -> None:
        """Print a line about the epoch that has just ended, if one has."""
        if self.bar is None or trainer.current_epoch == self.epochs_done:
            return
        self.epochs_done = trainer.current_epoch
        hidden = cast(LightningModel, module).model.not_printed
        metrics = {key: v for key, v in trainer.callback_metrics.items() if key.rpartition("/")[2] not in hidden}
        stages = [
            f"{stage} "
            + " ".join(
                f"{key.removeprefix(f'{stage}/')} {format_number(value.item())}"
                for key, value in metrics.items()
                if key.startswith(f"{stage}/")
            )
            for stage in (("train", "val") if self.validated else ("train",))
            if any(key.startswith(f"{stage}/") for key in metrics)
        ]
        seconds = time.perf_counter() - self.started
        self.bar.console.print(
            f"{self._epoch(trainer, 0)}  {' | '.join(stages)}  {seconds:.1f} s", highlight=False, soft_wrap=True
        )

    @staticmethod
    def _epoch(trainer: Trainer, offset: int) -> str:
        total = trainer.max_epochs if trainer.max_epochs and trainer.max_epochs > 0 else "?"
        return f"epoch {trainer.current_epoch + offset}/{total}"

    def _stop(self) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
