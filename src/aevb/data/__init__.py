"""Data: sets of small images, kept on the training device and served in batches (x, labels). No Lightning here."""

from aevb.data.device_loader import DeviceLoader
from aevb.data.digits import Digits
from aevb.data.image_data import SPLITS, ImageData
from aevb.data.image_set import ImageSet

__all__ = ["SPLITS", "DeviceLoader", "Digits", "ImageData", "ImageSet"]
