"""What there is to draw of a model and some images."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Size, Tensor, nn
from torch.distributions import Distribution

from aevb.figures.canvas.picture import Picture
from aevb.models import VAE, VQVAE, ImageModel, VQPrior

Histories = Mapping[str, Sequence[Mapping[str, float]]]


class NotApplicable(Exception):
    """A figure does not exist for this model; the message says why."""


class Quantities:
    """Everything that a figure may ask for by name, computed only when it is asked for, and once.

    x: images (N, C, H, W). y: their labels (N,).
    z: the code of each image, (N, D). reconstruction: what each image is decoded to, (N, C, H, W).
    noisy: the images with the noise that the model is trained with; denoised: what these are decoded to.
    encode: images (N, C, H, W) -> codes (N, D). decode: codes (..., D) -> images (..., C, H, W).
    sample: n -> n images (n, C, H, W) decoded from draws of the prior.
    sample_posterior: (x, n) -> images (n, N, C, H, W) decoded from n draws of q(z|x).
    prior: p(z), with event shape (D,); None if the model has none.
    indices: of the codes of a codebook, (N, h, w). num_codes: how many it has.
    histories: by the name of a run, a row for each epoch. units: of each quantity that is logged, by name.
    """

    NAMES = ("x", "y", "z", "reconstruction", "noisy", "denoised", "encode", "decode", "sample", "sample_posterior",
             "prior", "indices", "num_codes", "histories", "units")  # fmt: skip

    def __init__(self, model: ImageModel, x: Tensor, y: Tensor, histories: Histories | None = None) -> None:
        self.model: Any = model
        self.x = x
        self.y = y
        self.histories = histories or {}

    @cached_property
    def z(self) -> Tensor:
        return self._of_each(self.x, self.model.encode)

    @cached_property
    def reconstruction(self) -> Tensor:
        return self._of_each(self.z, self.model.decode)

    @cached_property
    def noisy(self) -> Tensor:
        noise = getattr(self.model, "noise", None)
        if noise is None or isinstance(noise, nn.Identity):
            raise NotApplicable("the model is trained without noise")
        return self._of_each(self.x, noise)

    @cached_property
    def denoised(self) -> Tensor:
        return self._of_each(self.noisy, lambda x: self.model.decode(self.model.encode(x)))

    @property
    def encode(self) -> Callable[[Tensor], Tensor]:
        return lambda x: self.model.encode(x.to(self.x))

    @property
    def decode(self) -> Callable[[Tensor], Tensor]:
        if isinstance(self.model, VQVAE | VQPrior):
            raise NotApplicable(f"the codes of {self._name} are discrete, and there is nothing between them to decode")
        return lambda z: self.model.decode(z.to(self.x))

    @property
    def sample(self) -> Callable[[int], Tensor]:
        if not callable(getattr(self.model, "sample", None)):
            raise NotApplicable(f"{self._name} has no prior to sample from")
        return self.model.sample

    @property
    def sample_posterior(self) -> Callable[[Tensor, int], Tensor]:
        if not isinstance(self.model, VAE):
            raise NotApplicable(f"{self._name} has no posterior to sample from")
        return lambda x, n: self.model.decode(self.model.posterior_of(x).sample(Size((n,))))

    @property
    def prior(self) -> Distribution | None:
        return self.model.prior() if isinstance(self.model, VAE) else None

    @cached_property
    def indices(self) -> Tensor:
        self._require_codebook()
        return self._of_each(self.x, self.model.indices_of)

    @property
    def num_codes(self) -> int:
        self._require_codebook()
        return self.model.codebook.num_codes

    @property
    def units(self) -> dict[str, str]:
        return self.model.units

    @torch.no_grad()
    def draw(self, figure: Callable[..., Picture]) -> Picture:
        """Call `figure` with the quantities that its parameters name.

        Raises NotApplicable where the model has no such quantity, or the figure does not suit it.
        """
        return figure(**{name: getattr(self, name) for name in self.wanted(figure)})

    @classmethod
    def wanted(cls, figure: Callable[..., Picture]) -> list[str]:
        """The quantities that a figure asks for."""
        return [name for name in inspect.signature(figure).parameters if name in cls.NAMES]

    @property
    def _name(self) -> str:
        return type(self.model).__name__

    def _require_codebook(self) -> None:
        if not hasattr(self.model, "indices_of"):
            raise NotApplicable(f"{self._name} has no codebook")

    @staticmethod
    def _of_each(inputs: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        """The function of all the inputs (N, ...), a thousand at a time."""
        return torch.cat([function(part) for part in inputs.split(1000)])
