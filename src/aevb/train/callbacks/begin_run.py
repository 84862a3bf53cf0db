"""The moment at which a run begins to write into its folder."""

import logging
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from omegaconf import OmegaConf

from aevb.files import write_text_atomically
from aevb.runs.leftovers import Leftovers

log = logging.getLogger(__name__)


class BeginRun(Callback):
    """Removes what an earlier run has left in the folder, and writes config.yaml, after every check and trial.

    A run that is refused before leaves the earlier one as it was.
    """

    def __init__(self, path: Path, config: dict[str, Any], leftovers: Leftovers | None) -> None:
        self.path = path
        self.config = config
        self.leftovers = leftovers
        self.begun = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._begin(trainer)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._begin(trainer)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._begin(trainer)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        if self.leftovers and not self.begun and trainer.is_global_zero:
            self.leftovers.remove_new_events()

    def _begin(self, trainer: Trainer) -> None:
        if self.begun or not trainer.is_global_zero:
            return
        self.begun = True
        if self.leftovers and (removed := self.leftovers.remove()):
            log.info("The run that was in this folder before is replaced: %d of its files are removed.", len(removed))
        write_text_atomically(self.path, OmegaConf.to_yaml(self.config))
