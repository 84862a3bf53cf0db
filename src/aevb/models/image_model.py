"""The abstract bases of models."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor, nn

from aevb.checks import interval


class ImageModel(nn.Module, ABC):
    """A model of images with latent codes, which says what its loss is made of, for each image.

    It knows no optimiser and no trainer: whoever trains takes the mean of `loss` over a batch, and may use the hooks
    `begin_training` and `at_epoch`.

    image_shape: (C, H, W) of the images that the model takes.
    units: what each quantity in `term_names` and `epoch_terms` is measured in.
    noise: what a denoising model has to undo, applied to its input in training and in evaluation; None: nothing.
    pixel_range: the numbers of black and of white.
    """

    term_names: tuple[str, ...]
    select_by: str  # the quantity by which the best epoch is selected
    select_mode: str = "min"  # max or min: which of its values are better
    not_printed: tuple[str, ...] = ()  # quantities that are kept, but left out of progress and summary
    discrete_codes: ClassVar[bool] = False  # whether there is nothing between two codes to decode
    num_codes: int | None = None  # K, where `terms` hold discrete `codes`

    def __init__(
        self,
        image_shape: tuple[int, ...],
        units: Mapping[str, str],
        noise: nn.Module | None = None,
        pixel_range: Sequence[float] = (0.0, 1.0),
    ) -> None:
        super().__init__()
        self.image_shape = image_shape
        self.units = dict(units)
        self.noise = noise or nn.Identity()
        self.pixel_range = interval("pixel_range", pixel_range)

    @abstractmethod
    def terms(self, x: Tensor) -> dict[str, Tensor]:
        """`loss`, and the other quantities in `term_names`, for each image: (B, C, H, W) -> (B,) each."""

    @abstractmethod
    def encode(self, x: Tensor) -> Tensor:
        """The code of each image, its posterior mean for a VAE: (B, C, H, W) -> (B, D)."""

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """The image that each code stands for: (..., D) -> (..., C, H, W)."""

    def to_grey(self, x: Tensor) -> Tensor:
        """Pixels in the model's range as grey levels in [0, 1]: any shape -> the same."""
        black, white = self.pixel_range
        return x if (black, white) == (0, 1) else (x - black) / (white - black)

    def from_grey(self, grey: Tensor) -> Tensor:
        """Grey levels in [0, 1] as pixels in the model's range: any shape -> the same."""
        black, white = self.pixel_range
        return grey if (black, white) == (0, 1) else black + (white - black) * grey

    def pass_through(self, x: Tensor) -> None:
        """Call every part on images (B, C, H, W), in the order in which data passes: to see the layers at work."""
        self.decode(self.encode(self.noise(x)))

    @property
    def for_figures(self) -> "ImageModel":
        """The model that figures show."""
        return self

    def begin_training(self, num_images: int) -> None:
        """Called when training begins, with the number of training images."""

    def at_epoch(self, epoch: float) -> None:
        """Called before each step, with the epochs trained so far, fractions included."""

    def epoch_terms(self, means: Mapping[str, Tensor], num_images: Tensor) -> dict[str, Tensor]:
        """Further quantities of an epoch, from the means of its terms."""
        return {}


class GenerativeModel(ImageModel):
    """An ImageModel that draws images."""

    @abstractmethod
    def sample(self, n: int) -> Tensor:
        """n images: (n, C, H, W)."""
