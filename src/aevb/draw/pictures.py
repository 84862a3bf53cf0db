"""Figures of a model and some images."""

from collections.abc import Callable, Mapping, Sequence

import torch
from omegaconf import OmegaConf
from torch import Tensor

from aevb.checks import whole_number
from aevb.command_line import CONF
from aevb.command_line.figure_nodes import figure_of
from aevb.command_line.suggestions import unknown_name
from aevb.figures import Picture, Quantities
from aevb.figures.quantities import Histories
from aevb.models import ImageModel, check_images, evaluating

LISTS = ("default", "quick")  # of figures
FigureFunction = Callable[..., Picture]


def draw(
    model: ImageModel,
    images: Tensor,
    labels: Tensor | None = None,
    figures: str | Sequence[str] | Mapping[str, FigureFunction] = ("latent_scatter", "reconstructions"),
    *,
    histories: Histories | None = None,
    seed: int = 0,
) -> dict[str, Picture]:
    """Figures of a model and some images, by name; each has the method `savefig(path)`.

    images: (N, C, H, W) in the model's pixel range. labels: int64 (N,), for figures that show them.
    figures: one or several names of files in conf/figures, with the options that they have there; or functions, such as
        those of aevb.figures or partials of these, by names of your own.
    histories: for learning curves, by the name of a run, a row for each epoch.
    seed: of samples and of noise; each figure begins with it.

    Raises NotApplicable where a figure does not suit the model or the images, and ValueError for a wrong option, an
    unknown name, and images that the model does not take.

    >>> from aevb.models import VAE
    >>> pictures = draw(model, x, labels, ["latent_scatter", "tsne"])  # doctest: +SKIP
    >>> pictures["tsne"].savefig("tsne.png")  # doctest: +SKIP
    """
    check_images(model, images, labels)
    whole_number("seed", seed, 0)
    names = [figures] if isinstance(figures, str) else figures
    named = names if isinstance(names, Mapping) else {name: figure_named(name) for name in names}
    quantities = Quantities(model, images, labels, histories)
    with evaluating(model):
        return {name: seeded_picture(quantities, figure, seed) for name, figure in named.items()}


def seeded_picture(quantities: Quantities, figure: FigureFunction, seed: int) -> Picture:
    """One figure; the caller's random state stays as it was."""
    device = quantities.x.device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        return quantities.draw(figure)


def figure_named(name: str) -> FigureFunction:
    """The figure of that name, with the options in conf/figures; ValueError if there is none."""
    files = {file.stem: file for file in sorted((CONF / "figures").glob("*.yaml")) if file.stem not in LISTS}
    if name not in files:
        raise ValueError(unknown_name("figure", name, files))
    return figure_of(OmegaConf.create({"_partial_": True, **OmegaConf.select(OmegaConf.load(files[name]), name)}))
