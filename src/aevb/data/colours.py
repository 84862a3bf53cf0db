"""Grey images from coloured ones, and the other way round."""

import torch
from torch import Tensor

CHANNELS = (1, 3)


def on_white(images: Tensor) -> Tensor:
    """Images with opacity, uint8 (N, 4, H, W), as they look on white paper: uint8 (N, 3, H, W)."""
    opacity = images[:, 3:].float() / 255
    return (images[:, :3] * opacity + 255 * (1 - opacity)).round().to(torch.uint8)


def with_channels(images: Tensor, channels: int) -> Tensor:
    """Images of 1 or 3 channels: (N, 1 or 3, H, W) -> (N, channels, H, W).

    Grey is the luminance of ITU-R BT.601; a grey image has three equal channels. ValueError for other numbers.
    """
    have = images.shape[1]
    if have == channels:
        return images
    if (have, channels) == (1, 3):
        return images.expand(-1, 3, -1, -1).contiguous()
    if (have, channels) == (3, 1):
        from torchvision.transforms.v2.functional import rgb_to_grayscale  # torchvision takes a second to import

        grey: Tensor = rgb_to_grayscale(images)
        return grey
    raise ValueError(f"channels={channels}: the images of this data set have {have}")
