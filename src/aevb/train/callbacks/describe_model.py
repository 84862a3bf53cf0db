"""The layers of the model, written down when training begins."""

from pathlib import Path
from typing import Any, cast

from lightning.pytorch import Callback, LightningModule, Trainer

from aevb.files import write_text_atomically
from aevb.models import layer_table
from aevb.train.card import card
from aevb.train.loggers import TensorBoard
from aevb.train.module import LightningModel
from aevb.train.same_options import Options


class DescribeModel(Callback):
    """Writes the table of layers, output shapes and parameters to a text file, and a run's `card` to TensorBoard."""

    def __init__(self, path: Path, config: dict[str, Any], given: Options) -> None:
        self.path = path
        self.config = config
        self.given = given

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        model = cast(LightningModel, pl_module).model
        write_text_atomically(self.path, f"{layer_table(model)}\n")
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoard):
                logger.log_text("run", card(model, self.config, self.given), 0)
