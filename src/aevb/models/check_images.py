"""Check that images suit a model."""

from torch import Tensor

from aevb.checks import instance_of
from aevb.models.image_model import ImageModel


def check_images(model: ImageModel, images: Tensor, labels: Tensor | None = None) -> None:
    """Raise ValueError unless the model takes these images, (N, C, H, W) in its pixel range, and each has a label.

    labels: (N,), or None for images without.
    """
    instance_of("model", model, ImageModel)
    if not isinstance(images, Tensor):
        raise ValueError(f"images: expected a tensor, got {type(images).__name__}")
    if tuple(images.shape[1:]) != tuple(model.image_shape) or not len(images):
        expected = ", ".join(map(str, model.image_shape))
        raise ValueError(f"images of shape {tuple(images.shape)}: expected (N, {expected}), with N of at least 1")
    own = next(model.parameters())
    if (images.dtype, images.device) != (own.dtype, own.device):
        raise ValueError(
            f"images of {images.dtype} on {images.device}: the model computes in {own.dtype} on {own.device}"
        )
    low, high = images.min().item(), images.max().item()
    black, white = model.pixel_range
    if not (low >= black and high <= white):
        raise ValueError(f"images with pixels from {low:g} to {high:g}: expected numbers in [{black:g}, {white:g}]")
    if labels is not None and not isinstance(labels, Tensor):
        raise ValueError(f"labels: expected a tensor, got {type(labels).__name__}")
    if labels is not None and tuple(labels.shape) != (len(images),):
        raise ValueError(f"labels of shape {tuple(labels.shape)}: expected ({len(images)},), one for each image")
