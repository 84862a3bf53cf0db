"""When a figure is drawn, and where it goes."""

import logging
from collections.abc import Callable
from pathlib import Path

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from matplotlib.figure import Figure

from src.data import ImageDataModule
from src.errors import UserError, whole_number
from src.figures import NotApplicable, Quantities

log = logging.getLogger(__name__)


class DrawFigure(Callback):
    """Draws a figure of validation images (training images if there are none) to TensorBoard and to a PNG.

    It is drawn before training, so that a wrong option shows at once; every n epochs, as <name>-epoch-<e>.png; and of
    the tested model at the end, as <name>.png.

    figure: a function from `src.figures`, or a partial of one.
    max_images: how many images it is drawn from, at most.
    """

    def __init__(
        self, name: str, figure: Callable[..., Figure], folder: str, every_n_epochs: int = 5, max_images: int = 5000
    ) -> None:
        self.name = name
        self.figure = figure
        self.folder = Path(folder)
        self.every_n_epochs = whole_number("every_n_epochs", every_n_epochs)
        self.max_images = whole_number("max_images", max_images)
        self.applicable = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._draw(trainer, pl_module, None)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        if epoch % self.every_n_epochs == 0:
            self._draw(trainer, pl_module, f"{self.name}-epoch-{epoch:03d}.png")

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._draw(trainer, pl_module, f"{self.name}.png")

    def _draw(self, trainer: Trainer, model: LightningModule, file: str | None) -> None:
        if not (trainer.is_global_zero and self.applicable):
            return
        data: ImageDataModule = trainer.datamodule  # type: ignore[attr-defined]
        x, labels = (tensor.to(model.device) for tensor in data.to_draw(self.max_images))
        was_training = model.training
        model.eval()
        try:
            with torch.random.fork_rng(devices=[model.device] if model.device.type == "cuda" else []):
                torch.manual_seed(0)  # the same draws every time, so that pictures of several epochs compare
                figure = Quantities(model, x, labels).draw(self.figure)  # type: ignore[arg-type]
        except NotApplicable as reason:
            log.info("%s is not drawn: %s", self.name, reason)
            self.applicable = False
            return
        except (TypeError, ValueError) as error:
            raise UserError(f"callbacks.{self.name} cannot be drawn: {error}") from error
        finally:
            model.train(was_training)
        if file is not None:
            figure.savefig(self.folder / file)
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                logger.experiment.add_figure(self.name, figure, trainer.global_step, close=False)
