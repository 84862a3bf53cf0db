"""Pictures that move."""

from pathlib import Path

from PIL import Image
from torch import Tensor

from aevb.checks import whole_number


class Animation:
    """Frames (T, C, H, W) in [0, 1], saved as a GIF that loops.

    frames_per_second: up to 50; a GIF counts hundredths of a second.
    height: of the picture, in pixels; each pixel of a frame becomes a square of about that size.
    """

    def __init__(self, frames: Tensor, frames_per_second: int = 25, height: int = 280) -> None:
        self.frames = frames.detach().float().cpu().clamp(0, 1)
        self.milliseconds = 1000 // whole_number("frames_per_second", frames_per_second)
        self.scale = max(1, round(whole_number("height", height) / frames.shape[-2]))

    def savefig(self, path: str | Path) -> None:
        """Write the GIF; named like the method of a Figure."""
        from torchvision.transforms.functional import to_pil_image  # torchvision takes a second to import

        first, *rest = (self._enlarged(to_pil_image(frame)) for frame in self.frames)
        first.save(path, format="GIF", save_all=True, append_images=rest, duration=self.milliseconds, loop=0)

    def _enlarged(self, image: Image.Image) -> Image.Image:
        return image.resize((image.width * self.scale, image.height * self.scale), Image.Resampling.NEAREST)
