"""What the posteriors are like, epoch by epoch."""

from contextlib import suppress
from typing import cast

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from aevb.checks import whole_number
from aevb.losses.kl import kl_or_estimate
from aevb.models import VAE, evaluating
from aevb.train.data_module import ImageDataModule
from aevb.train.loggers import TensorBoard
from aevb.train.module import LightningModel


class LatentHistograms(Callback):
    """Draws histograms to TensorBoard: of the KL of each latent dimension (their mean over images, in nats), and of the
    means and standard deviations of q(z|x), as far as the family has them.

    every_n_epochs: how often. max_images: of validation, or of training if there are none; how many at most.
    """

    def __init__(self, every_n_epochs: int = 1, max_images: int = 1000) -> None:
        self.every_n_epochs = whole_number("every_n_epochs", every_n_epochs)
        self.max_images = whole_number("max_images", max_images)

    @torch.no_grad()
    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        model, epoch = cast(LightningModel, pl_module).model.for_figures, trainer.current_epoch + 1
        boards = [logger for logger in trainer.loggers if isinstance(logger, TensorBoard)]
        if not (boards and trainer.is_global_zero and isinstance(model, VAE)) or epoch % self.every_n_epochs:
            return
        x, _ = cast(ImageDataModule, trainer.datamodule).data.images("val", self.max_images)  # type: ignore[attr-defined]
        devices = [pl_module.device] if pl_module.device.type == "cuda" else []
        with evaluating(pl_module), torch.random.fork_rng(devices=devices):
            torch.manual_seed(0)
            q = model.posterior_of(x.to(pl_module.device))
            values = {"kl_by_dimension": kl_or_estimate(q, model.prior()).mean(0)}
        with suppress(NotImplementedError):
            values["mean"] = q.mean
            values["standard_deviation"] = q.stddev
        for name, value in values.items():
            if (finite := value[value.isfinite()]).numel():
                for board in boards:
                    board.experiment.add_histogram(f"posterior/{name}", finite.cpu(), epoch)
