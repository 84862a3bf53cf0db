"""Figures show the tensors they are given."""

from collections.abc import Callable
from functools import partial
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
from aevb.figures.sampled_reconstructions import sampled_reconstructions
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
    picture = shown_image(reconstructions(x, reconstruction, torch.zeros(30, 8), n=10))
    assert picture.shape == (2 * 6 + 1, 10 * 6 + 1, 3)
    assert picture[3, 3, 0] == 0
    assert picture[9, 3, 0] == 1


@pytest.mark.parametrize(
    ("dimensions", "codes", "lines"),
    [(1, None, 1), (3, None, 3), (4, None, 0), (2, False, 0), (4, True, 4), (200, True, 11)],
)
def test_codes_of_few_numbers_are_under_their_images(dimensions: int, codes: bool | None, lines: int) -> None:
    z = torch.randn(6, dimensions, generator=torch.Generator().manual_seed(0))
    axes = reconstructions(torch.rand(6, 1, 5, 5), torch.rand(6, 1, 5, 5), z, n=5, codes=codes).axes[0]
    captions = [label.get_text().replace("−", "-").splitlines() for label in axes.get_xticklabels()]
    assert [len(caption) for caption in captions] == [lines] * 5 * bool(lines)
    for caption, code in zip(captions, z.tolist(), strict=False):
        assert [float(text) for text in caption[:10]] == pytest.approx(code[:10], abs=0.006)
    centres = [6 * i + 3.5 for i in range(5)]  # an image has 5 pixels, and a line of 1 before it
    assert list(axes.get_xticks()) == (centres if lines else [])


def test_sampled_reconstructions_are_in_the_places_of_their_images() -> None:
    def sample_posterior(x: torch.Tensor, n: int) -> torch.Tensor:
        return (x / 2).expand(n, *x.shape)

    x = torch.rand(20, 1, 3, 3)
    left, right = (np.asarray(axes.images[0].get_array()) for axes in sampled_reconstructions(x, sample_posterior).axes)
    assert np.allclose(left, mosaic(x[:16], columns=4))
    assert np.allclose(right, mosaic(x[:16] / 2, columns=4))
    few = sampled_reconstructions(x[:2], sample_posterior, n=5).axes[1]
    assert np.allclose(np.asarray(few.images[0].get_array()), mosaic(x[:2] / 2, columns=2))


def test_chance_comes_from_the_posterior(small_vae: Callable[..., VAE]) -> None:
    model = small_vae()
    quantities = Quantities(model, torch.rand(9, 1, 4, 4).double(), None)
    torch.manual_seed(1)
    figure: Any = quantities.draw(partial(sampled_reconstructions, n=3))
    torch.manual_seed(1)
    with torch.no_grad():
        expected = model.decode(model.posterior_of(quantities.x).sample())
    assert np.allclose(np.asarray(figure.axes[1].images[0].get_array()), mosaic(expected, columns=3))


@pytest.mark.parametrize("dimensions", [2, 3, 20])
def test_marked_points_are_projected_as_the_codes_are(dimensions: int) -> None:
    z = torch.randn(50, dimensions, generator=torch.Generator().manual_seed(0))
    axes: Any = latent_scatter(z, torch.arange(50) % 10, points=z[:3].tolist()).axes[0]
    codes = np.asarray(axes.collections[0].get_offsets())
    marks = [np.asarray(line.get_xydata())[0] for line in axes.get_lines()]
    assert [text.get_text() for text in axes.texts] == ["1", "2", "3"]
    assert [tuple(text.xy) for text in axes.texts] == [tuple(mark) for mark in marks]
    for mark in marks:
        assert np.abs(codes - mark).max(1).min() < 1e-5  # a code that is drawn is under it
    assert len({tuple(mark) for mark in marks}) == 3


def test_a_marked_point_of_one_dimension_is_a_line() -> None:
    axes: Any = latent_scatter(torch.randn(50, 1), torch.arange(50) % 10, points=[[0.25]]).axes[0]
    (line,) = axes.get_lines()
    assert list(line.get_xdata()) == [0.25, 0.25]
    with pytest.raises(ValueError, match="1 latent dimensions"):
        latent_scatter(torch.randn(50, 1), torch.arange(50) % 10, points=[[1, 2]])


@pytest.mark.parametrize("labels", [[3], [0, 1], [0, 9]])
def test_against_labels_every_tick_is_one(labels: list[int]) -> None:
    axes: Any = latent_scatter(torch.randn(len(labels), 1), torch.tensor(labels)).axes[0]
    assert all(tick == round(tick) for tick in axes.get_yticks())


@pytest.mark.parametrize("dimensions", [1, 2, 5])
def test_equal_codes_have_no_share_of_a_variance(dimensions: int) -> None:
    z = torch.full((20, dimensions), 0.3)
    axes: Any = latent_scatter(z, torch.arange(20) % 10, points=[[0.3] * dimensions]).axes[0]
    assert np.isfinite(np.asarray(axes.collections[0].get_offsets())).all()
    assert "%" not in axes.get_xlabel() + axes.get_ylabel()


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
    picture = shown_image(prior_samples(lambda n: asked.append(n) or torch.zeros(n, 1, 3, 3), None, n=4))  # type: ignore[func-returns-value]
    assert asked == [16]
    assert picture.shape == (4 * 4 + 1, 4 * 4 + 1, 3)


def test_only_a_model_with_a_prior_of_z_samples_z(small_vae: Callable[..., VAE]) -> None:
    def sample(n: int) -> torch.Tensor:
        return torch.zeros(n, 1, 3, 3)

    assert "p(z)" in prior_samples(sample, small_vae().prior()).axes[0].get_title()
    assert "z" not in prior_samples(sample, None).axes[0].get_title()


def test_figures_are_drawn_from_a_model_by_the_names_of_their_parameters(small_vae: Callable[..., VAE]) -> None:
    quantities = Quantities(small_vae(), torch.rand(40, 1, 4, 4).double(), torch.arange(40) % 10)
    for figure in (latent_scatter, reconstructions, prior_samples, posterior_samples, decoded_grid):
        assert isinstance(quantities.draw(figure), Figure)
    assert plt.get_fignums() == []


def test_an_autoencoder_has_no_samples_no_posterior_no_noise_no_codebook() -> None:
    quantities = Quantities(small_autoencoder(MSE()), torch.rand(4, 1, 4, 4).double(), torch.arange(4))
    assert quantities.prior is None
    for name, reason in [("sample", "no prior"), ("sample_posterior", "no posterior q"), ("noisy", "without noise"),
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
