"""Data: sets of small images, kept on the training device and served in batches (x, labels)."""

from src.data.device_loader import DeviceLoader
from src.data.digits import Digits
from src.data.image_data_module import ImageDataModule

__all__ = ["DeviceLoader", "Digits", "ImageDataModule"]
