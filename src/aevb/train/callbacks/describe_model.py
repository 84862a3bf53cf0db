"""The layers of the model, written down when training begins."""

from pathlib import Path
from typing import cast

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger

from aevb.files import write_text_atomically
from aevb.models import layer_table
from aevb.train.module import LightningModel


class DescribeModel(Callback):
    """Writes the table of layers, output shapes and parameters to a text file, and to TensorBoard's page of texts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        table = layer_table(cast(LightningModel, pl_module).model)
        write_text_atomically(self.path, f"{table}\n")
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                logger.experiment.add_text("model", f"```text\n{table}\n```", trainer.global_step)
