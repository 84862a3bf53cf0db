"""The LightningDataModule over the images that data/ has."""

import torch
from lightning.pytorch import LightningDataModule

from aevb.data import DeviceLoader, ImageData
from aevb.errors import UserError
from aevb.train.trainer_options import takes_a_sample


class ImageDataModule(LightningDataModule):
    """Serves ImageData to a Trainer, each device its share, from that device's memory."""

    def __init__(self, data: ImageData) -> None:
        super().__init__()
        self.data = data

    def prepare_data(self) -> None:
        self.data.download()

    def setup(self, stage: str | None = None) -> None:
        try:
            self.data.load()
        except ValueError as error:
            raise UserError(f"data.{error}") from error
        if stage == "fit":
            self._refuse_a_second_pass()

    def train_dataloader(self) -> DeviceLoader:
        return self._loader("train")

    def val_dataloader(self) -> DeviceLoader | list[DeviceLoader]:
        return self._loader("val") if self.data.val_size else []

    def test_dataloader(self) -> DeviceLoader:
        return self._loader("test")

    def smallest_batch(self, world_size: int) -> int:
        """The number of images in the smallest training batch of any device; UserError where one would have none."""
        try:
            return self.data.smallest_batch(world_size)
        except ValueError as error:
            raise UserError(f"data: {error}") from error

    def _loader(self, split: str) -> DeviceLoader:
        if self.trainer is None:
            return self.data.loader(split)
        device: torch.device = self.trainer.strategy.root_device
        try:
            sample = takes_a_sample(self.trainer, split)
            return self.data.loader(split, device, self.trainer.global_rank, self.trainer.world_size, sample)
        except ValueError as error:
            raise UserError(f"data: {error}") from error

    def _refuse_a_second_pass(self) -> None:
        """Raise UserError for more epochs than a stream has."""
        most, asked = self.data.max_epochs, self.trainer.max_epochs if self.trainer else None
        if most is not None and asked is not None and not 0 <= asked <= most:
            raise UserError(
                f"trainer.max_epochs={asked}: the {self.data.sizes['train']:,} training images, each seen once, make "
                f"{most} epochs of data.stream={self.data.stream}: set trainer.max_epochs={most}"
            )
