"""Figures of a model and some images."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

import torch
from torch import Tensor

from aevb.command_line import CONF
from aevb.figures import Picture, Quantities
from aevb.figures.quantities import Histories
from aevb.models import ImageModel, check_images

Figure = Callable[..., Picture]


def draw(
    model: ImageModel,
    images: Tensor,
    labels: Tensor | None = None,
    figures: str | Sequence[str] | Mapping[str, Figure] = ("latent_scatter", "reconstructions"),
    *,
    histories: Histories | None = None,
    seed: int = 0,
) -> dict[str, Picture]:
    """Figures of a model and some images, by name; each has the method `savefig(path)`.

    images: (N, C, H, W) in [0, 1]. labels: int64 (N,), for figures that show them.
    figures: one or several names of files in aevb/figures, drawn with their defaults; or functions, such as partials
        of these with options, by names of your own.
    histories: for learning curves, by the name of a run, a row for each epoch.
    seed: of samples and of noise; each figure begins with it.

    Raises NotApplicable where a figure does not suit the model or the images, and ValueError for a wrong option, an
    unknown name, and images that the model does not take.

    >>> from aevb.models import VAE
    >>> pictures = draw(model, x, labels, ["latent_scatter", "tsne"])  # doctest: +SKIP
    >>> pictures["tsne"].savefig("tsne.png")  # doctest: +SKIP
    """
    check_images(model, images, labels)
    names = [figures] if isinstance(figures, str) else figures
    named = names if isinstance(names, Mapping) else {name: figure_named(name) for name in names}
    quantities = Quantities(model, images, labels, histories)
    was_training = model.training
    model.eval()
    try:
        return {name: seeded_picture(quantities, figure, seed) for name, figure in named.items()}
    finally:
        model.train(was_training)


def seeded_picture(quantities: Quantities, figure: Figure, seed: int) -> Picture:
    """One figure; the caller's random state stays as it was."""
    device = quantities.x.device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        return quantities.draw(figure)


def figure_named(name: str) -> Figure:
    """The function in the file of that name in aevb/figures; ValueError if there is none."""
    module = f"aevb.figures.{name}"
    try:
        figure: Figure = getattr(import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name != module:
            raise  # the file is there, and what it imports is not
        known = sorted(file.stem for file in (CONF / "figures").glob("*.yaml") if file.stem not in ("default", "quick"))
        raise ValueError(f"there is no figure {name!r}: expected some of {', '.join(known)}") from None
    return figure
