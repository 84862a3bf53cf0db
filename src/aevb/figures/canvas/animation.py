"""Pictures that move."""

from pathlib import Path
from typing import IO, Any

from PIL import Image
from torch import Tensor

from aevb.checks import whole_number


class Animation:
    """Frames (T, C, H, W) in [0, 1], saved as a GIF that loops.

    frames_per_second: up to 50; a GIF counts hundredths of a second.
    size: of the picture's longer side, in pixels. Each pixel of a frame becomes a square, as in the other figures, or
        nearly one where `size` is no multiple of the frame's. A smooth filter makes the file three times as large.
    """

    def __init__(self, frames: Tensor, frames_per_second: int = 25, size: int = 256) -> None:
        self.frames = frames.detach().float().cpu().clamp(0, 1)
        self.milliseconds = 1000 // whole_number("frames_per_second", frames_per_second)
        height, width = frames.shape[-2:]
        scale = whole_number("size", size) / max(height, width)
        self.size = max(1, round(width * scale)), max(1, round(height * scale))

    def savefig(self, path: str | Path | IO[bytes]) -> None:
        """Write the GIF; named like the method of a Figure."""
        from torchvision.transforms.functional import to_pil_image  # torchvision takes a second to import

        images = [to_pil_image(frame).resize(self.size, Image.Resampling.NEAREST) for frame in self.frames]
        for i, image in enumerate(images):
            # Pillow joins equal neighbours to one frame: a grey level of one pixel in the corner tells them apart.
            image.putpixel((0, 0), _last_bit(image.getpixel((0, 0)), i % 2))
        first, *rest = images
        first.save(path, format="GIF", save_all=True, append_images=rest, duration=self.milliseconds, loop=0)


def _last_bit(pixel: Any, bit: int) -> Any:
    """A grey level, or three, with this last bit."""
    return tuple((level & ~1) | bit for level in pixel) if isinstance(pixel, tuple) else (pixel & ~1) | bit
