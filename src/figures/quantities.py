"""What there is to draw of a model and some images."""

import inspect
from collections.abc import Callable

import torch
from matplotlib.figure import Figure
from torch import Tensor

from src.models import VAE, ImageModel


class NotApplicable(Exception):
    """A figure does not exist for this model; the message says why."""


class Quantities:
    """Everything that a figure may ask for by name, computed only when it is asked for.

    x: images (N, C, H, W). labels: (N,).
    z: the code of each image, (N, D). reconstruction: what each image is decoded to, (N, C, H, W).
    decode: codes (..., D) -> images (..., C, H, W). sample: n -> n images (n, C, H, W) decoded from draws of the prior.
    """

    NAMES = ("x", "labels", "z", "reconstruction", "decode", "sample")

    def __init__(self, model: ImageModel, x: Tensor, labels: Tensor) -> None:
        self.model = model
        self.x = x
        self.labels = labels

    @property
    def z(self) -> Tensor:
        return torch.cat([self.model.encode(part) for part in self.x.split(1000)])

    @property
    def reconstruction(self) -> Tensor:
        return torch.cat([self.model.decode(self.model.encode(part)) for part in self.x.split(1000)])

    @property
    def decode(self) -> Callable[[Tensor], Tensor]:
        return lambda z: self.model.decode(z.to(self.x))

    @property
    def sample(self) -> Callable[[int], Tensor]:
        if not isinstance(self.model, VAE):
            raise NotApplicable(f"{type(self.model).__name__} has no prior to sample from")
        return self.model.sample

    @torch.no_grad()
    def draw(self, figure: Callable[..., Figure]) -> Figure:
        """Call `figure` with the quantities that its parameters name.

        Raises NotApplicable where the model has no such quantity, or the figure does not suit it.
        """
        wanted = [name for name in inspect.signature(figure).parameters if name in self.NAMES]
        return figure(**{name: getattr(self, name) for name in wanted})
