"""The quantities that figures are drawn from. The one file of figures/ that knows models."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import torch
from torch import Size, Tensor, nn
from torch.distributions import Distribution

from aevb.errors import NotApplicable
from aevb.figures.canvas.picture import Picture
from aevb.losses.kl import kl_or_estimate
from aevb.models import (
    PSD,
    VAE,
    VQVAE,
    Autoencoder,
    GenerativeModel,
    ImageModel,
    Part,
    VQPrior,
    denoiser,
    has_finite_weights,
    parts_of,
)
from aevb.networks import Dictionary
from aevb.samplers import ChainStates, FilledIn, denoising_chain, fill_in

OF_THE_IMAGES = {"x", "y", "histories", "units"}  # quantities that no weights are needed for
Histories = Mapping[str, Sequence[Mapping[str, float]]]  # by the name of a run, a row for each epoch


class Quantities:
    """Everything that a figure may ask for, by the names of the properties here, each computed when it is asked for.

    A figure names its quantities as the parameters before `*`; the parameters after it are options:
    `def latent_scatter(z, y, *, colour_bar=False)`.

    All images here have grey levels in [0, 1], whatever the range of the model's pixels.

    x: images (N, C, H, W) in the range of the model's pixels. y: labels, (N,), if there are any.
    """

    def __init__(self, model: ImageModel, x: Tensor, y: Tensor | None, histories: Histories | None = None) -> None:
        self._model = model
        self._x = x
        self._y = y
        self._histories = histories or {}

    @property
    def x(self) -> Tensor:
        """Images, (N, C, H, W)."""
        return self._model.to_grey(self._x)

    @property
    def y(self) -> Tensor:
        """Their labels, int64 (N,)."""
        if self._y is None:
            raise NotApplicable("the images have no labels")
        return self._y

    @cached_property
    def z(self) -> Tensor:
        """The code of each image, (N, D)."""
        codes = self._of_each(self._x, self._model.encode)
        if not codes.isfinite().all():
            raise NotApplicable("some codes are NaN or infinite: has the training diverged?")
        return codes

    @cached_property
    def reconstruction(self) -> Tensor:
        """What each image is decoded to, (N, C, H, W)."""
        return self._of_each(self.z, self._decode)

    @cached_property
    def noisy(self) -> Tensor:
        """The images with the noise that the model is trained with, (N, C, H, W)."""
        return self._model.to_grey(self._with_noise)

    @cached_property
    def denoised(self) -> Tensor:
        """What the noisy images are decoded to, (N, C, H, W)."""
        return self._of_each(self._with_noise, lambda x: self._decode(self._model.encode(x)))

    @property
    def encode(self) -> Callable[[Tensor], Tensor]:
        """Images (N, C, H, W) -> codes (N, D)."""
        return lambda x: self._model.encode(self._model.from_grey(x.to(self._x)))

    @property
    def decode(self) -> Callable[[Tensor], Tensor]:
        """Codes (..., D) -> images (..., C, H, W)."""
        if self._model.discrete_codes:
            raise NotApplicable(f"the codes of {self._name} are discrete, and there is nothing between them to decode")
        return lambda z: self._decode(z.to(self._x))

    @property
    def sample(self) -> Callable[[int], Tensor]:
        """n -> n images that the model draws, (n, C, H, W)."""
        if not isinstance(self._model, GenerativeModel):
            raise NotApplicable(f"{self._name} has no prior to sample from")
        model = self._model
        return lambda n: model.to_grey(model.sample(n))

    @property
    def sample_posterior(self) -> Callable[[Tensor, int], Tensor]:
        """(x, n) -> images decoded from n draws of q(z|x), (n, N, C, H, W)."""
        model = self._model
        if not isinstance(model, VAE):
            raise NotApplicable(f"{self._name} has no posterior q(z|x) to sample from")
        return lambda x, n: self._decode(model.posterior_of(model.from_grey(x)).sample(Size((n,))))

    @property
    def fill_in(self) -> Callable[..., FilledIn]:
        """(x, observed) and the options of `samplers.fill_in` -> images with their missing pixels filled in."""
        model = self._model
        if not isinstance(model, VAE):
            raise NotApplicable(f"{self._name} has no p(z) and p(x|z) to infer missing pixels with")

        def filled(x: Tensor, observed: Tensor, **options: Any) -> FilledIn:
            found = fill_in(model.from_grey(x), observed, model.prior(), model.likelihood_of, **options)
            return found._replace(mean=model.to_grey(found.mean), samples=model.to_grey(found.samples))

        return filled

    @property
    def run_chain(self) -> Callable[..., ChainStates]:
        """(x, sigma) and the options of `samplers.denoising_chain` -> states of the chains that start at x."""
        model = self._model
        if isinstance(model.noise, nn.Identity):
            raise NotApplicable("the model is trained without noise")

        def states(x: Tensor, sigma: float | None, **options: Any) -> ChainStates:
            chain = denoising_chain(model.from_grey(x), model.noise, denoiser(model, self._x, sigma), **options)
            return ChainStates(model.to_grey(chain.x), model.to_grey(chain.mean))

        return states

    @property
    def prior(self) -> Distribution | None:
        """p(z), with event shape (D,); None if the model has none."""
        return self._model.prior() if isinstance(self._model, VAE) else None

    @cached_property
    def kl_by_dimension(self) -> Tensor | None:
        """KL(q(z|x) ‖ p(z)) of each latent dimension, (D,), the mean over the images in nats.

        None if the model has no posterior, or its KL does not split into dimensions.
        """
        model = self._model
        if not isinstance(model, VAE):
            return None
        prior = model.prior()
        kl = self._of_each(self._x, lambda x: kl_or_estimate(model.posterior_of(x), prior)).double().mean(0)
        return kl if len(kl) == model.latent_dim else None

    @cached_property
    def indices(self) -> Tensor:
        """Which codes of a codebook stand for each image, int64 (N, h, w)."""
        return self._of_each(self._x, self._with_codebook().indices_of)

    @property
    def num_codes(self) -> int:
        """How many codes the codebook has."""
        return self._with_codebook().codebook.num_codes

    @property
    def atoms(self) -> Tensor:
        """The atoms of a dictionary, (D, C, H, W)."""
        model = self._model
        if not isinstance(model, PSD | Autoencoder | VAE) or not isinstance(model.decoder, Dictionary):
            raise NotApplicable(f"the decoder of {self._name} is no dictionary: decoder=dictionary is one")
        atoms: Tensor = model.decoder.atoms.unflatten(1, model.decoder.output_shape)
        return atoms

    @property
    def parts(self) -> list[Part]:
        """The parts of the model with their layers, in the order in which an image passes them."""
        return parts_of(self._model)

    @property
    def histories(self) -> Histories:
        """By the name of a run, a row for each epoch."""
        return self._histories

    @property
    def units(self) -> Mapping[str, str]:
        """The unit of each quantity that is logged, by name."""
        return self._model.units

    @torch.no_grad()
    def draw(self, figure: Callable[..., Picture]) -> Picture:
        """Call `figure` with the quantities that it names.

        Raises NotApplicable where the model has no such quantity, or the figure does not suit it, and ValueError for a
        wrong option.
        """
        wanted = wanted_quantities(figure)
        if not OF_THE_IMAGES.issuperset(wanted) and not has_finite_weights(self._model):
            raise NotApplicable("some weights of the model are NaN or infinite: its training has diverged")
        picture = figure(**{name: getattr(self, name) for name in wanted})
        if not isinstance(picture, Picture):
            raise TypeError(f"{figure} returned {type(picture).__name__}: expected a matplotlib Figure or an Animation")
        return picture

    @cached_property
    def _with_noise(self) -> Tensor:
        """The noisy images in the range of the model's pixels."""
        if isinstance(self._model.noise, nn.Identity):
            raise NotApplicable("the model is trained without noise")
        return self._of_each(self._x, self._model.noise)

    def _decode(self, z: Tensor) -> Tensor:
        return self._model.to_grey(self._model.decode(z))

    @property
    def _name(self) -> str:
        return type(self._model).__name__

    def _with_codebook(self) -> VQVAE:
        model = self._model.vq_vae if isinstance(self._model, VQPrior) else self._model
        if not isinstance(model, VQVAE):
            raise NotApplicable(f"{self._name} has no codebook")
        return model

    @staticmethod
    def _of_each(inputs: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        """The function of all the inputs (N, ...), a thousand at a time."""
        return torch.cat([function(part) for part in inputs.split(1000)])


def wanted_quantities(figure: Callable[..., Picture]) -> list[str]:
    """The quantities that a figure, or a partial of one, asks for: its parameters before `*`.

    Raises ValueError for one that does not exist, and for an option that has the name of a quantity.
    """
    options = figure.keywords if isinstance(figure, partial) else {}
    function = figure.func if isinstance(figure, partial) else figure
    parameters = inspect.signature(function).parameters.values()
    expected = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
    wanted = [parameter.name for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    known = [
        name
        for name, value in vars(Quantities).items()
        if isinstance(value, property | cached_property) and not name.startswith("_")
    ]
    for name in options:
        if name not in [parameter.name for parameter in parameters]:
            raise ValueError(f"{function.__name__} has no option {name!r}: expected some of {', '.join(expected)}")
    for name in wanted:
        if name not in known:
            raise ValueError(f"there is no quantity {name!r}: expected some of {', '.join(known)}, and options after *")
        if name in options:
            raise ValueError(f"{name} is a quantity of the model, and no option")
    return wanted
