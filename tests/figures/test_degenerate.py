"""Every figure of degenerate images and codes: it is drawn, or says in one line why not."""

from functools import partial
from io import BytesIO

import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.text import Text

from aevb.draw.pictures import FigureFunction, figure_named, seeded_picture
from aevb.errors import NotApplicable
from aevb.figures import Picture, Quantities
from aevb.figures.dictionary import dictionary
from aevb.figures.exact_posterior import exact_posterior
from aevb.figures.importance_curve import importance_curve
from aevb.figures.kl_by_dimension import kl_by_dimension
from aevb.figures.latent_scatter import latent_scatter
from aevb.figures.tsne import tsne
from tests.conftest import choices
from tests.models_known_exactly.degenerate import IMAGES, MODELS, USUAL

HISTORY = {"": [{"images": 100.0, "train/elbo": -5.0, "val/elbo": float("nan")}]}
QUICKER: dict[str, dict[str, object]] = {
    "tsne": {"perplexity": 4},
    "inpainting": {"n": 2, "num_chains": 5, "num_transitions": 2},
    "interpolation_gif": {"n": 3},
    "interpolation": {"n": 3},
    "latent_traversal": {"n": 3},
    "latent_traversal_gif": {"n": 2},
    "decoded_grid": {"n": 3},
    "quantile_grid": {"n": 3},
    "prior_samples": {"n": 2},
    "posterior_samples": {"n": 3, "samples": 2},
    "reconstructions": {"n": 3},
}
OF_NO_IMAGES = {"learning_curves", "model_diagram", "prior_samples", "dictionary", "codebook_usage"}
FIGURES = [name for name in choices("figures") if name not in ("default", "quick")]
PLACED_BY_CODES = {
    "latent_scatter",
    "tsne",
    "decoded_grid",
    "latent_traversal",
}  # drawing others can hardly fail, and takes its time
DRAWN_WITHOUT_A_WORD = {"reconstructions", "latent_scatter", "prior_samples", "learning_curves", "model_diagram"}


def figure_for(name: str, latent_dim: int) -> FigureFunction:
    figure = figure_named(name)
    options = {"points": [[0.3] * latent_dim]} if name == "decoded_points" else QUICKER.get(name, {})
    return partial(figure, **options)


def check(picture: Picture, save: bool = True) -> None:
    """It can be saved, and has no NaN written on it."""
    if isinstance(picture, Figure):
        picture.set_dpi(20)
        picture.set_layout_engine("none")  # which takes most of the time
        texts = [text.get_text() for text in picture.findobj(Text)]
        assert not [text for text in texts if "nan" in text.lower() or "inf" in text.lower().split()]
    if save:
        picture.savefig(BytesIO())


def drawn_or_reason(name: str, model: str, images: str) -> str:
    made = MODELS[model]()
    x, y = IMAGES[images]
    torch.distributions.Distribution.set_default_validate_args(False)  # as in the commands
    try:
        picture = seeded_picture(Quantities(made, x, y, HISTORY), figure_for(name, made.latent_dim), 0)
        check(picture, save=name in PLACED_BY_CODES)
        return "drawn"
    except (NotApplicable, ValueError) as reason:
        message = str(reason)
    assert len(message.splitlines()) == 1
    assert len(message) < 200
    return message


@pytest.mark.parametrize("name", FIGURES)
def test_degenerate_images(name: str) -> None:
    for images in ["one", "without labels"] if name in OF_NO_IMAGES else IMAGES:
        found = drawn_or_reason(name, "three latents", images)
        if images != "without labels" and name in DRAWN_WITHOUT_A_WORD:
            assert found == "drawn" or (images == "one" and "at least 2 images" in found), images


@pytest.mark.parametrize(
    "name", [name if name in PLACED_BY_CODES else pytest.param(name, marks=pytest.mark.slow) for name in FIGURES]
)
def test_degenerate_codes(name: str) -> None:
    for model in ["one latent", "diverged"] if name in OF_NO_IMAGES else MODELS:
        found = drawn_or_reason(name, model, "usual")
        if (model != "diverged" or name == "learning_curves") and name in DRAWN_WITHOUT_A_WORD:
            assert found == "drawn", model


def test_a_diverged_model_is_called_one() -> None:
    assert drawn_or_reason("latent_scatter", "diverged", "usual") == (
        "some weights of the model are NaN or infinite: its training has diverged"
    )


def test_neighbours_of_equal_codes_are_not_drawn() -> None:
    assert "all equal" in drawn_or_reason("tsne", "collapsed", "usual")
    assert "all equal" in drawn_or_reason("tsne", "three latents", "all alike")
    assert "all equal" in drawn_or_reason("tsne", "three latents", "alike but for rounding")


Z = torch.randn(40, 4, generator=torch.Generator().manual_seed(0))
CODES = {
    "at two points": Z.sign()[:, :1].expand(40, 4),
    "on a line": Z[:, :1].expand(40, 4),
    "huge": 1e30 * Z,
    "tiny": 1e-30 * Z,
    "subnormal": 1e-42 * Z,
}


@pytest.mark.parametrize("codes", CODES)
def test_codes_of_any_size_and_rank(codes: str) -> None:
    y = torch.arange(40) % 3
    for dimensions in (2, 3):
        check(tsne(CODES[codes], y, dimensions=dimensions, perplexity=5))
    check(latent_scatter(CODES[codes], y))


def test_an_atom_of_zeros_is_grey() -> None:
    atoms = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    atoms[1] = 0
    shown = dictionary(atoms, Z).axes[0].images[0].get_array()
    assert shown is not None
    assert torch.as_tensor(shown).isfinite().all()


def test_the_size_of_codes_does_not_change_their_principal_components() -> None:
    y = torch.zeros(40).long()
    names = [latent_scatter(scale * Z, y).axes[0].get_xlabel() for scale in (1.0, 2.0**90, 2.0**-90)]
    assert len(set(names)) == 1


def test_codes_that_are_not_finite_are_not_drawn() -> None:
    bad = Z.clone()
    bad[3, 1] = torch.inf
    for figure in (partial(tsne, perplexity=5), latent_scatter):
        with pytest.raises(NotApplicable, match="NaN or infinite"):
            figure(bad, torch.zeros(40).long())


def test_figures_of_an_evaluation() -> None:
    one = torch.tensor([-5.0])
    check(importance_curve({1: one}, {}))
    check(importance_curve({1: one, 10: one}, {"annealed": one}))
    check(kl_by_dimension(torch.zeros(1), torch.zeros(1, dtype=torch.bool)))
    axes = torch.linspace(0, 1, 9).expand(1, 2, 9)
    flat, spike = torch.ones(1, 9, 9), torch.zeros(1, 9, 9)
    spike[0, 4, 4] = 1.0
    for density in (flat, spike, 0 * flat):
        check(exact_posterior(USUAL[:1], axes, density, density))
    check(exact_posterior(USUAL[:1], axes[:, :1], flat[:, 0], 0 * flat[:, 0]))
