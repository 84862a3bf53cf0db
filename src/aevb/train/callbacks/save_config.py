"""Checkpoints that know what they are."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer


class SaveConfig(Callback):
    """Puts the resolved configuration, plain dicts and lists, into every checkpoint under `config`."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["config"] = self.config
