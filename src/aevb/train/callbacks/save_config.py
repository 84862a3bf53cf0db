"""The configuration and the format's number in every checkpoint."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from aevb.runs import CHECKPOINT_FORMAT


class SaveConfig(Callback):
    """Puts the resolved configuration, plain dicts and lists, and the format's number into every checkpoint."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["format"] = CHECKPOINT_FORMAT
        checkpoint["config"] = self.config
