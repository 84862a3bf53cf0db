"""The codes of images, for TensorBoard's projector."""

from typing import cast

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from aevb.checks import one_of, whole_number
from aevb.data import SPLITS
from aevb.errors import NotApplicable
from aevb.figures import Quantities
from aevb.models import evaluating
from aevb.train.data_module import ImageDataModule
from aevb.train.loggers import TensorBoard
from aevb.train.module import LightningModel

WIDEST = 1000  # numbers of a code
SPRITES = 8192  # pixels, the side of the largest picture that browsers take


class Embedding(Callback):
    """Hands the codes of the tested model to TensorBoard's projector, with labels and small pictures.

    max_images: how many images at most; fewer where their pictures would not fit into one. split: where they come from:
    train, val (train if there are none) or test.
    """

    def __init__(self, max_images: int = 5000, split: str = "val") -> None:
        self.max_images = whole_number("max_images", max_images)
        self.split = one_of("split", split, SPLITS)

    @torch.no_grad()
    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        boards = [logger for logger in trainer.loggers if isinstance(logger, TensorBoard)]
        model = cast(LightningModel, pl_module).model.for_figures
        if not boards or not trainer.is_global_zero or model.discrete_codes:
            return
        room = (SPRITES // max(model.image_shape[1:])) ** 2
        data = cast(ImageDataModule, trainer.datamodule).data  # type: ignore[attr-defined]
        x, y = data.images(self.split, min(self.max_images, room))
        with evaluating(pl_module):
            quantities = Quantities(model, x.to(pl_module.device), y)
            try:
                z = quantities.z.cpu()
            except NotApplicable:  # codes that are not finite
                return
        if z.shape[1] <= WIDEST:
            for board in boards:
                board.log_embedding(z, None if y is None else y.tolist(), quantities.x.cpu())
