"""How large gradients are."""

from typing import Any, cast

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from aevb.checks import whole_number
from aevb.train.module import LightningModel


class GradientNorms(Callback):
    """Logs ‖∂loss/∂θ‖ of each part of the model as gradients/<part>, before any clipping.

    It looks at every step, and so steps are taken one by one.

    every_n_steps: how often.
    """

    def __init__(self, every_n_steps: int = 50) -> None:
        self.every_n_steps = whole_number("every_n_steps", every_n_steps)

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Any) -> None:
        if trainer.global_step % self.every_n_steps:
            return
        norms = {}
        for name, part in cast(LightningModel, pl_module).model.named_children():
            gradients = [parameter.grad for parameter in part.parameters() if parameter.grad is not None]
            if gradients:
                norms[f"gradients/{name}"] = torch.nn.utils.get_total_norm(gradients).item()
        for logger in trainer.loggers:
            logger.log_metrics(norms, trainer.global_step)
