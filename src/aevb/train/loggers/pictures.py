"""Pictures, for the loggers that take them."""

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from lightning.pytorch.loggers import Logger, MLFlowLogger, TensorBoardLogger
from PIL import Image
from torchvision.transforms.functional import pil_to_tensor

from aevb.train.loggers.tensorboard import TensorBoard


@runtime_checkable
class TakesImages(Protocol):
    """A logger that takes images as Lightning's WandbLogger does: the way to get pictures for one of your own."""

    def log_image(self, key: str, images: list[Any], step: int | None = None) -> None:
        """Log images, given as PIL images or as the paths of files."""


def log_picture(logger: Logger, tag: str, file: Path, epoch: int, step: int) -> None:
    """Hand a picture to a logger, if it takes any.

    file: a PNG or a GIF. epoch: how many epochs had been trained; TensorBoard's slider. step: of the optimiser.
    """
    match logger:
        case TensorBoard():
            logger.log_picture(tag, file, epoch)
        case TensorBoardLogger():
            with Image.open(file) as picture:
                logger.experiment.add_image(tag, pil_to_tensor(picture.convert("RGB")), epoch)
        case MLFlowLogger():
            logger.experiment.log_artifact(logger.run_id, str(file), "figures")
        case TakesImages():
            logger.log_image(tag, [str(file)], step)
