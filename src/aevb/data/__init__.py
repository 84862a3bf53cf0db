"""Data: sets of small images, kept on the training device and served in batches (x, labels). No Lightning here."""

from aevb.data.array_set import ArraySet
from aevb.data.device_loader import DeviceLoader
from aevb.data.digits import Digits
from aevb.data.folder_set import FolderSet
from aevb.data.image_data import OF_THE_SET, SPLITS, ImageData
from aevb.data.image_set import ImageSet

__all__ = ["OF_THE_SET", "SPLITS", "ArraySet", "DeviceLoader", "Digits", "FolderSet", "ImageData", "ImageSet"]
