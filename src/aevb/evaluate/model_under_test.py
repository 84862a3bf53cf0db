"""What is evaluated."""

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from aevb.data import ImageDataModule
from aevb.figures import NotApplicable
from aevb.figures.canvas.picture import Picture
from aevb.metrics.batching import Track, pairs_that_fit
from aevb.models import VAE, ImageModel


@dataclass
class Subject:
    """A trained model, the images it is evaluated on, and what has been found so far.

    x: (N, C, H, W). y: labels, (N,). num_bytes: for what is computed at once. track: makes a progress bar.
    per_image: by name, a value for each of the first images. pictures: by name. sentences: what a number cannot say.
    """

    model: ImageModel
    data: ImageDataModule
    split: str
    x: Tensor
    y: Tensor
    num_bytes: float
    track: Callable[[str], Track]
    per_image: dict[str, Tensor] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return type(self.model).__name__

    def vae(self, what: str) -> VAE:
        """The model, if it is a VAE; raises NotApplicable, saying that `what` needs one, if it is not."""
        if not isinstance(self.model, VAE):
            raise NotApplicable(f"{self.name} is no VAE, and {what}")
        return self.model

    @property
    def pairs(self) -> int:
        """How many latents of a VAE are decoded at once."""
        model = self.vae("only a VAE's latents are sampled")
        return pairs_that_fit(model, model.latent_dim, self.num_bytes)

    def first(self, num_images: int | None) -> Tensor:
        """The first so many images; all for None."""
        return self.x[:num_images]
