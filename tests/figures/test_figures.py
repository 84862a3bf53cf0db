"""Figures show the tensors they are given."""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from aevb.errors import NotApplicable
from aevb.figures import Quantities
from aevb.figures.canvas.mosaic import mosaic
from aevb.figures.decoded_grid import decoded_grid
from aevb.figures.denoising import denoising
from aevb.figures.latent_scatter import latent_scatter
from aevb.figures.posterior_samples import posterior_samples
from aevb.figures.prior_samples import prior_samples
from aevb.figures.reconstructions import reconstructions
from aevb.losses import MSE
from aevb.models import VAE
from aevb.networks import GaussianNoise
from tests.models.test_models import small_autoencoder


def shown_image(figure: Figure) -> np.ndarray:
    return np.asarray(figure.axes[0].images[0].get_array())


def test_a_mosaic_has_the_images_in_reading_order() -> None:
    images = torch.arange(6).float().div(10).reshape(6, 1, 1, 1).expand(6, 1, 2, 2)
    picture = mosaic(images, columns=3, padding=0)
    assert picture.shape == (4, 6, 3)
    assert np.allclose(picture[::2, ::2, 0], [[0, 0.1, 0.2], [0.3, 0.4, 0.5]])


@pytest.mark.parametrize("channels", [1, 3])
def test_reconstructions_are_two_rows(channels: int) -> None:
    x, reconstruction = torch.zeros(30, channels, 5, 5), torch.ones(30, channels, 5, 5)
    picture = shown_image(reconstructions(x, reconstruction, n=10))
    assert picture.shape == (2 * 6 + 1, 10 * 6 + 1, 3)
    assert picture[3, 3, 0] == 0
    assert picture[9, 3, 0] == 1


@pytest.mark.parametrize("dimensions", [1, 2, 3, 20])
def test_the_scatter_has_every_point_and_every_label(dimensions: int) -> None:
    z, labels = torch.randn(300, dimensions), torch.arange(300) % 10
    axes: Any = latent_scatter(z, labels).axes[0]
    points = axes.collections[0].get_offsets()
    assert len(points) == 300
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [str(i) for i in range(10)]
    assert axes.get_xlabel()
    assert axes.get_ylabel()
    if dimensions == 2:
        assert np.allclose(np.sort(points, axis=0), np.sort(z.numpy(), axis=0))


def test_the_colour_of_a_point_is_that_of_its_label_in_the_legend() -> None:
    labels = torch.arange(50) % 10
    figure = latent_scatter(torch.stack([labels, labels], dim=1).float(), labels)  # each point lies at its label
    FigureCanvasAgg(figure).draw()
    axes: Any = figure.axes[0]
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    colours = [handle.get_facecolor()[0][:3] for handle in axes.get_legend().legend_handles]
    legend = dict(zip(names, colours, strict=True))
    points = axes.collections[0]
    for (x, _), colour in zip(np.asarray(points.get_offsets()), points.get_facecolors(), strict=True):
        assert np.allclose(colour[:3], legend[str(round(x))])


def test_a_colour_bar_has_the_colours_of_the_points() -> None:
    labels = torch.tensor([0, 3, 9])
    figure = latent_scatter(torch.eye(3)[:, :2], labels, colour_bar=True)
    FigureCanvasAgg(figure).draw()
    axes, bar = figure.axes
    points: Any = axes.collections[0]
    assert axes.get_legend() is None
    assert [tick.get_text() for tick in bar.get_yticklabels()] == [str(i) for i in range(10)]
    for label, colour in zip(points.get_array(), points.get_facecolors(), strict=True):
        assert np.allclose(colour[:3], to_rgb(f"C{label:.0f}"))


def test_rows_of_posterior_samples_begin_with_their_image() -> None:
    def sample_posterior(x: torch.Tensor, n: int) -> torch.Tensor:
        return (x / 2).expand(n, *x.shape)

    x = torch.tensor([0.2, 0.8, 0.5]).reshape(3, 1, 1, 1).expand(3, 1, 4, 4)
    picture = shown_image(posterior_samples(x, sample_posterior, n=2, samples=3))
    assert picture.shape == (2 * 5 + 1, 4 * 5 + 1, 3)
    assert np.allclose(picture[2::5, 2::5, 0], [[0.2, 0.1, 0.1, 0.1], [0.8, 0.4, 0.4, 0.4]])


def test_denoising_is_three_rows() -> None:
    noisy, denoised, x = (torch.full((12, 1, 4, 4), value) for value in (0.1, 0.2, 0.3))
    picture = shown_image(denoising(noisy, denoised, x, n=10))
    assert np.allclose(picture[2::5, 2, 0], [0.1, 0.2, 0.3])
    assert picture.shape[1] == 10 * 5 + 1


def test_the_grid_decodes_what_its_axes_say() -> None:
    def decode(z: torch.Tensor) -> torch.Tensor:
        return ((z + 2) / 4).reshape(-1, 1, 1, 2)  # the left pixel shows z_1, the right one z_2

    figure = decoded_grid(decode, torch.zeros(5, 2), box=[-2, 2], n=5)
    picture = shown_image(figure)[..., 0]
    assert np.allclose(picture[0, ::2], [0, 0.25, 0.5, 0.75, 1])
    assert np.allclose(picture[:, 1], [1, 0.75, 0.5, 0.25, 0])  # z_2 grows upwards
    left, right, bottom, top = figure.axes[0].images[0].get_extent()
    assert (left, right, bottom, top) == (-2.5, 2.5, -2.5, 2.5)


def test_without_a_box_the_grid_spans_the_codes() -> None:
    codes = torch.stack([torch.linspace(0, 100, 1001), torch.linspace(-5, 5, 1001)], dim=1)
    seen = []
    decoded_grid(lambda z: seen.append(z) or torch.zeros(len(z), 1, 2, 2), codes, n=3)  # type: ignore[func-returns-value]
    assert torch.allclose(seen[0].amin(0), torch.tensor([1.0, -4.9]), atol=1e-3)
    assert torch.allclose(seen[0].amax(0), torch.tensor([99.0, 4.9]), atol=1e-3)


def test_a_single_image_can_be_drawn() -> None:
    z, labels = torch.ones(1, 2), torch.zeros(1, dtype=torch.int64)
    left, right, bottom, top = decoded_grid(lambda z: torch.zeros(len(z), 1, 2, 2), z).axes[0].images[0].get_extent()
    assert left < 1 < right
    assert bottom < 1 < top
    assert latent_scatter(z, labels)
    with pytest.raises(NotApplicable, match="at least 2 images"):
        latent_scatter(torch.ones(1, 3), labels)


def test_the_samples_are_n_by_n() -> None:
    asked = []
    picture = shown_image(prior_samples(lambda n: asked.append(n) or torch.zeros(n, 1, 3, 3), n=4))  # type: ignore[func-returns-value]
    assert asked == [16]
    assert picture.shape == (4 * 4 + 1, 4 * 4 + 1, 3)


def test_figures_are_drawn_from_a_model_by_the_names_of_their_parameters(small_vae: Callable[..., VAE]) -> None:
    quantities = Quantities(small_vae(), torch.rand(40, 1, 4, 4).double(), torch.arange(40) % 10)
    for figure in (latent_scatter, reconstructions, prior_samples, posterior_samples, decoded_grid):
        assert isinstance(quantities.draw(figure), Figure)
    assert plt.get_fignums() == []


def test_an_autoencoder_has_no_samples_no_posterior_no_noise_no_codebook() -> None:
    quantities = Quantities(small_autoencoder(MSE()), torch.rand(4, 1, 4, 4).double(), torch.arange(4))
    assert quantities.prior is None
    for name, reason in [("sample", "no prior"), ("sample_posterior", "no posterior"), ("noisy", "without noise"),
                         ("indices", "no codebook"), ("num_codes", "no codebook")]:  # fmt: skip
        with pytest.raises(NotApplicable, match=reason):
            getattr(quantities, name)


def test_a_quantity_that_is_bound_to_chance_is_drawn_once() -> None:
    model = small_autoencoder(MSE())
    model.noise = GaussianNoise(0.5)
    quantities = Quantities(model, torch.rand(4, 1, 4, 4).double(), torch.arange(4))
    with torch.no_grad():
        assert torch.equal(quantities.denoised, model.decode(model.encode(quantities.noisy)))
    assert not torch.equal(quantities.noisy, quantities.x)
    assert isinstance(quantities.draw(denoising), Figure)


@pytest.mark.parametrize("box", [[3, -3], [1], [0, 1, 2]])
def test_an_impossible_box_is_named(box: list[float]) -> None:
    with pytest.raises(ValueError, match=r"expected \[low, high\]"):
        decoded_grid(lambda z: z, torch.zeros(5, 2), box=box)
