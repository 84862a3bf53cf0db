"""Draw a figure while training."""

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from aevb.checks import one_of, whole_number
from aevb.data import SPLITS
from aevb.errors import NotApplicable, UserError
from aevb.figures import Picture, Quantities, save
from aevb.models import evaluating
from aevb.train.callbacks.history import History
from aevb.train.data_module import ImageDataModule
from aevb.train.loggers import log_picture
from aevb.train.module import LightningModel

FEW_IMAGES = 100  # for a slow figure's trial

log = logging.getLogger(__name__)


class DrawFigure(Callback):
    """Draws a figure to a PNG, or to a GIF that moves, and hands it to the loggers.

    It is drawn before training, so that a wrong option shows at once, and every n epochs, as <name>-epoch-<e>.png; and
    of the tested model at the end, as <name>.png. Loggers have these as pictures/<name> and tested/<name>.

    figure: a function from `aevb.figures`, or a partial of one.
    every_n_epochs: None draws it only at the end; before training it is then tried with a few images and not kept.
    max_images: how many images it is drawn from, at most.
    split: where they come from: train, val (train if there are none) or test.
    """

    def __init__(
        self,
        name: str,
        figure: Callable[..., Picture],
        folder: Path,
        every_n_epochs: int | None = 5,
        max_images: int = 5000,
        split: str = "val",
    ) -> None:
        self.name = name
        self.figure = figure
        self.folder = folder
        self.every_n_epochs = None if every_n_epochs is None else whole_number("every_n_epochs", every_n_epochs)
        self.max_images = whole_number("max_images", max_images)
        self.split = one_of("split", split, SPLITS)
        self.reasons: set[str] = set()  # why it could not be drawn, so far

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.every_n_epochs is None:
            self._try(trainer, pl_module)
        else:
            self._draw(trainer, pl_module, trainer.current_epoch)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        if self.every_n_epochs and epoch % self.every_n_epochs == 0:
            self._draw(trainer, pl_module, epoch)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._draw(trainer, pl_module)

    def _try(self, trainer: Trainer, module: LightningModule) -> None:
        """Look for wrong options. What does not suit a few images may yet suit all, so that is said at the end."""
        if trainer.is_global_zero:
            with suppress(NotApplicable):
                self._picture(trainer, module, min(self.max_images, FEW_IMAGES))

    def _draw(self, trainer: Trainer, module: LightningModule, epoch: int | None = None) -> None:
        """Draw what there is after an epoch; None: the tested model."""
        if not trainer.is_global_zero:
            return
        try:
            picture = self._picture(trainer, module, self.max_images)
        except NotApplicable as reason:
            if str(reason) not in self.reasons:
                log.info("%s is not drawn: %s", self.name, reason)
            self.reasons.add(str(reason))
            return
        name, tag = (self.name, "tested") if epoch is None else (f"{self.name}-epoch-{epoch:03d}", "pictures")
        file = save(picture, self.folder, name)
        at = trainer.current_epoch if epoch is None else epoch
        for logger in trainer.loggers:
            log_picture(logger, f"{tag}/{self.name}", file, at, trainer.global_step)

    def _picture(self, trainer: Trainer, module: LightningModule, max_images: int) -> Picture:
        data = cast(ImageDataModule, trainer.datamodule).data  # type: ignore[attr-defined]
        rows = [callback.rows for callback in trainer.callbacks if isinstance(callback, History)]  # type: ignore[attr-defined]
        try:
            x, y = data.images(self.split, max_images)
            x, y = x.to(module.device), None if y is None else y.to(module.device)
            with (
                evaluating(module),
                torch.random.fork_rng(devices=[module.device] if module.device.type == "cuda" else []),
            ):
                torch.manual_seed(0)  # the same draws every time, so that pictures of several epochs are comparable
                histories = {"": rows[0]} if rows else None
                model = cast(LightningModel, module).model.for_figures
                return Quantities(model, x, y, histories).draw(self.figure)
        except ValueError as error:
            raise UserError(f"figures.{self.name} cannot be drawn: {error}") from error
