"""The curves of a run, as numbers."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any, cast

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from aevb.models import SeedEnsemble
from aevb.runs.history import Row, write_history
from aevb.train.module import LightningModel
from aevb.train.steps import Chunk, ChunkCallback


class History(ChunkCallback, Checkpoint):
    """A row for each epoch: `epoch`, `images` (training images seen so far) and the means of train/ and val/.

    The rows are written to the CSV file `path` at the end of each epoch, and are in every checkpoint, so that a resumed
    run goes on with them. An epoch without validation has no val/. `of_each` has those of each of several copies.

    A Checkpoint, because Lightning calls those after the model has logged its epoch, and the others before.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.images = 0
        self.rows: list[Row] = []
        self.validation: Row = {}  # the last one of this epoch
        self.validation_of_each: list[Row] = []
        self.of_each: list[list[Row]] = []
        self.restored: dict[str, Any] = {}

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        # Lightning loads a checkpoint's state for testing it, too, when the rows must not go back to its epoch.
        self.images, self.rows = self.restored.get("images", 0), list(self.restored.get("rows", []))
        self.validation = dict(self.restored.get("validation", {}))
        model = cast(LightningModel, pl_module).model
        copies = model.n if isinstance(model, SeedEnsemble) else 0
        self.of_each = [list(rows) for rows in self.restored.get("of_each", [[]] * copies)]
        self.validation_of_each = [dict(row) for row in self.restored.get("validation_of_each", [{}] * copies)]
        if self.rows and trainer.is_global_zero:  # a run that is only to be tested writes no others
            write_history(self.path, self.rows)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validation, self.validation_of_each = {}, [{} for _ in self.of_each]

    def on_chunk_end(self, trainer: Trainer, pl_module: LightningModule, chunk: Chunk) -> None:
        self.images += chunk.images * trainer.world_size

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validation = _means(trainer, "val/")
        self.validation_of_each = self._each(pl_module, self.validation)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        when, means = {"epoch": trainer.current_epoch + 1, "images": self.images}, _means(trainer, "train/")
        self.rows.append({**when, **means, **self.validation})
        own = zip(self.of_each, self._each(pl_module, means), self.validation_of_each, strict=True)
        for rows, means_of_one, validation in own:
            rows.append({**when, **means_of_one, **validation})
        if trainer.is_global_zero:
            write_history(self.path, self.rows)

    def last(self, stage: str) -> Row:
        """The means of train or val in the last row, by quantity."""
        row = self.rows[-1] if self.rows else {}
        return {name.removeprefix(f"{stage}/"): value for name, value in row.items() if name.startswith(f"{stage}/")}

    def _each(self, module: LightningModule, names: Iterable[str]) -> list[Row]:
        """What each of several copies has last logged under these names."""
        each = cast(LightningModel, module).of_each_copy
        return [{name: each[name][i].item() for name in names} for i in range(len(self.of_each))]

    def state_dict(self) -> dict[str, Any]:
        return {
            "images": self.images,
            "rows": self.rows,
            "validation": self.validation,
            "of_each": self.of_each,
            "validation_of_each": self.validation_of_each,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        rows, rows_of_each = state_dict.get("rows", []), state_dict.get("of_each", [])
        validation = [state_dict.get("validation", {}), *state_dict.get("validation_of_each", [])]
        if type(state_dict.get("images", 0)) is not int or not all(
            map(_is_row, chain(rows, validation, *rows_of_each))
        ):
            raise TypeError("the history is not a table of numbers")
        self.restored = state_dict


def _is_row(row: object) -> bool:
    return type(row) is dict and all(type(name) is str and type(row[name]) in (int, float) for name in row)


def _means(trainer: Trainer, stage: str) -> Row:
    """What was last logged of a stage."""
    return {name: value.item() for name, value in trainer.callback_metrics.items() if name.startswith(stage)}
