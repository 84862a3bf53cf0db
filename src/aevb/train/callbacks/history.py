"""The curves of a run, as numbers."""

from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from aevb.runs.history import Row, write_history
from aevb.train.steps import Chunk, ChunkCallback


class History(ChunkCallback, Checkpoint):
    """A row for each epoch: `epoch`, `images` (training images seen so far) and the means of train/ and val/.

    The rows are written to the CSV file `path` at the end of each epoch, and are in every checkpoint, so that a resumed
    run goes on with them. An epoch without validation has no val/.

    A Checkpoint, because Lightning calls those after the model has logged its epoch, and the others before.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.images = 0
        self.rows: list[Row] = []
        self.validation: Row = {}  # the last one of this epoch
        self.restored: dict[str, Any] = {}

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        # Lightning loads a checkpoint's state for testing it, too, when the rows must not go back to its epoch.
        self.images, self.rows = self.restored.get("images", 0), list(self.restored.get("rows", []))
        self.validation = dict(self.restored.get("validation", {}))
        if self.rows and trainer.is_global_zero:  # a run that is only to be tested writes no others
            write_history(self.path, self.rows)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validation = {}

    def on_chunk_end(self, trainer: Trainer, pl_module: LightningModule, chunk: Chunk) -> None:
        self.images += chunk.images * trainer.world_size

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validation = _means(trainer, "val/")

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        means = {**_means(trainer, "train/"), **self.validation}
        self.rows.append({"epoch": trainer.current_epoch + 1, "images": self.images, **means})
        if trainer.is_global_zero:
            write_history(self.path, self.rows)

    def last(self, stage: str) -> Row:
        """The means of train or val in the last row, by quantity."""
        row = self.rows[-1] if self.rows else {}
        return {name.removeprefix(f"{stage}/"): value for name, value in row.items() if name.startswith(f"{stage}/")}

    def state_dict(self) -> dict[str, Any]:
        return {"images": self.images, "rows": self.rows, "validation": self.validation}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.restored = state_dict


def _means(trainer: Trainer, stage: str) -> Row:
    """What was last logged of a stage."""
    return {name: value.item() for name, value in trainer.callback_metrics.items() if name.startswith(stage)}
