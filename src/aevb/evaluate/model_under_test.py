"""A trained model, and the images that it is evaluated on."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from aevb.data import ImageData
from aevb.errors import NotApplicable
from aevb.evaluate.order import evaluation_order
from aevb.metrics.batching import max_decodes
from aevb.metrics.track import Track, untracked
from aevb.models import VAE, ImageModel


@dataclass(frozen=True)
class ModelUnderTest:
    """A trained model, the images that it is evaluated on, and what the computation may take.

    x: (N, C, H, W), on the model's device, in the order of `evaluation_order`. y: labels, (N,), None if there are none.
    order: which images of the split these are, int64 (N,).
    data: the data set, for sections that need training images; None if there is none. split: where x is from.
    num_bytes: for what is computed at once. track: makes a progress bar from a description.
    """

    model: ImageModel
    x: Tensor
    order: Tensor
    y: Tensor | None = None
    data: ImageData | None = None
    split: str = "test"
    num_bytes: float = 256 * 2**20
    track: Callable[[str], Track] = lambda description: untracked

    @property
    def name(self) -> str:
        return type(self.model).__name__

    @property
    def binarize(self) -> str:
        """How the pixels were made black and white; none where there is no data set that says so."""
        return self.data.binarize if self.data else "none"

    def vae(self, what: str) -> VAE:
        """The model, if it is a VAE; raises NotApplicable, saying that only a VAE has `what`, if it is not."""
        if not isinstance(self.model, VAE):
            raise NotApplicable(f"only a VAE has {what}, not {self.name}")
        return self.model

    def training_data(self) -> ImageData:
        """The data set, if there is one with training images; raises NotApplicable if there is not."""
        if self.data is None:
            raise NotApplicable("there are no training images: give the data set, too")
        return self.data

    def training_images(self, n: int | None) -> tuple[Tensor, Tensor | None]:
        """n training images, on the model's device, and their labels: a random sample as in `evaluation_order`.

        All, for None or where there are not as many; in their own order. Raises NotApplicable if there are none.
        """
        x, y = self.training_data().images("train")
        chosen = evaluation_order(len(x))[:n].sort().values.to(x.device)
        return x[chosen].to(self.x), None if y is None else y[chosen]

    def labels(self) -> Tensor:
        """The labels of the images; raises NotApplicable if there are none."""
        if self.y is None:
            raise NotApplicable("the images have no labels")
        return self.y

    @property
    def decodes(self) -> int:
        """How many latents of a VAE are decoded at once."""
        model = self.vae("latents to sample")
        return max_decodes(model, model.latent_dim, self.num_bytes)

    def first(self, num_images: int | None) -> Tensor:
        """`num_images` images, the first of the order of evaluation; all for None."""
        return self.x[:num_images]
