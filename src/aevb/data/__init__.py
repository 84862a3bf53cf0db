"""Data: sets of small images, kept on the training device and served in batches (x, labels)."""

from aevb.data.device_loader import DeviceLoader
from aevb.data.digits import Digits
from aevb.data.image_data import ImageDataModule

__all__ = ["DeviceLoader", "Digits", "ImageDataModule"]
