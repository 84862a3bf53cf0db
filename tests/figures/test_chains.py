"""Completions and Markov chains are shown where their names say."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import Tensor

from aevb.distributions import Gaussian
from aevb.errors import NotApplicable
from aevb.figures import Quantities
from aevb.figures.inpainting import MASKS, MISSING, inpainting
from aevb.figures.markov_chain import markov_chain
from aevb.losses import BCE, MSE
from aevb.models import VAE
from aevb.networks import GaussianNoise
from aevb.samplers import ChainStates, FilledIn
from tests.figures.test_figures import shown_image
from tests.models.test_models import small_autoencoder

X = torch.tensor([0.2, 0.4, 0.6]).reshape(3, 1, 1, 1).expand(3, 1, 4, 6)


def filled_with_grey(x: Tensor, observed: Tensor, num_chains: int, **options: int) -> FilledIn:
    greys = torch.linspace(0.1, 0.8, num_chains).reshape(-1, 1, 1, 1, 1)
    samples = torch.where(observed, x, greys)
    mean = torch.where(observed, x, 0.9)
    return FilledIn(mean, samples, torch.zeros(50, num_chains, len(x), 2), torch.full((len(x),), 0.7))


def test_a_row_is_what_is_given_its_completions_their_mean_and_the_image() -> None:
    figure = inpainting(X, filled_with_grey, mask="bottom", n=2, samples=3, num_chains=8)
    picture = shown_image(figure)
    assert picture.shape == (2 * 5 + 1, 6 * 7 + 1, 3)
    seen, missing = picture[2::5, 3::7], picture[4::5, 3::7]  # a pixel of the top and one of the bottom half
    assert np.allclose(seen, np.array([0.2, 0.4])[:, None, None])
    assert np.allclose(missing[:, 0], MISSING)
    assert np.allclose(missing[:, 1:5], np.array([0.1, 0.2, 0.3, 0.9])[:, None])
    assert np.allclose(missing[:, 5], np.array([[0.2], [0.4]]))
    title = figure.axes[0].get_title()
    assert "400 draws" in title
    assert "70%" in title


@pytest.mark.parametrize("missing", [0, 0.25, 0.5, 1])
@pytest.mark.parametrize("name", MASKS)
def test_the_given_share_of_the_pixels_is_missing(name: str, missing: float) -> None:
    torch.manual_seed(0)
    mask = MASKS[name](torch.zeros(5, 1, 40, 40), missing)
    assert mask.shape == (5, 1, 40, 40)
    assert mask.double().mean().item() == pytest.approx(missing, abs=0.03)


def test_the_masks_are_where_their_names_say() -> None:
    images = torch.zeros(1, 1, 4, 4)
    middle = {name: MASKS[name](images, 0.25)[0, 0].nonzero().double().mean(0).tolist() for name in MASKS}
    assert middle["top"] == [0, 1.5]
    assert middle["bottom"] == [3, 1.5]
    assert middle["left"] == [1.5, 0]
    assert middle["right"] == [1.5, 3]
    assert middle["box"] == [1.5, 1.5]
    first, second = MASKS["random"](torch.zeros(2, 1, 20, 20), 0.5)
    assert not torch.equal(first, second)


@pytest.mark.parametrize(
    ("option", "reason"),
    [({"mask": "middle"}, "expected one of random, box"), ({"missing": 1.5}, "from 0 to 1"),
     ({"missing": -1}, "at least 0"), ({"samples": 17}, "num_chains=16"), ({"n": 0}, "at least 1")],
)  # fmt: skip
def test_wrong_options_of_inpainting_are_named(option: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        inpainting(X, filled_with_grey, **option)  # type: ignore[arg-type]


def test_a_row_is_a_chain_behind_its_start() -> None:
    asked: dict[str, object] = {}

    def run_chain(x: Tensor, sigma: float | None, **options: int) -> ChainStates:
        asked.update(options, sigma=sigma)
        steps = torch.arange(1, options["num_states"] + 1).reshape(-1, 1, 1, 1, 1) / 10
        return ChainStates(x / 2 + steps, x + steps)

    picture = shown_image(markov_chain(X, run_chain, n=2, states=3, every=7))
    assert np.allclose(picture[2::5, 3::7, 0], [[0.2, 0.3, 0.4, 0.5], [0.4, 0.5, 0.6, 0.7]])
    assert asked == {"num_states": 3, "every": 7, "sample": True, "sigma": None}
    picture = shown_image(markov_chain(X, run_chain, n=2, states=3, show_means=False))
    assert np.allclose(picture[2::5, 3::7, 0], [[0.2, 0.2, 0.3, 0.4], [0.4, 0.3, 0.4, 0.5]])
    start = shown_image(markov_chain(X, run_chain, n=2, states=3, start="noise"))[1:5, 1:7, 0]
    assert len(np.unique(start)) == 24


@pytest.mark.parametrize(
    ("option", "reason"),
    [({"start": "zeros"}, "expected one of images, noise"), ({"states": 0}, "at least 1"),
     ({"sample": 1}, "true or false")],
)  # fmt: skip
def test_wrong_options_of_chains_are_named(option: dict[str, object], reason: str) -> None:
    model = small_autoencoder(BCE())
    model.noise = GaussianNoise(0.5)
    run_chain = Quantities(model, X[..., :4].double(), None).run_chain
    with pytest.raises(ValueError, match=reason):
        markov_chain(X[..., :4].double(), run_chain, **option)  # type: ignore[arg-type]


def test_they_are_drawn_from_models(small_vae: Callable[..., VAE]) -> None:
    x = torch.rand(3, 1, 4, 4).double()
    noisy_vae = small_vae(noise=GaussianNoise(0.5), likelihood=Gaussian())
    assert isinstance(Quantities(noisy_vae, x, None).draw(inpainting), Figure)
    assert isinstance(Quantities(noisy_vae, x, None).draw(markov_chain), Figure)


def test_models_that_they_do_not_suit() -> None:
    quantities = Quantities(small_autoencoder(MSE()), torch.rand(4, 1, 4, 4).double(), None)
    with pytest.raises(NotApplicable, match=r"no p\(z\) and p\(x\|z\)"):
        quantities.draw(inpainting)
    with pytest.raises(NotApplicable, match="without noise"):
        quantities.draw(markov_chain)
