"""Learning curves show the numbers of the history."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from torch import arange, int64, rand, zeros

from aevb.errors import NotApplicable
from aevb.figures import Quantities, wanted_quantities
from aevb.figures.codebook_usage import codebook_usage
from aevb.figures.learning_curves import learning_curves
from aevb.models import VAE

UNITS = {"loss": "nats per image", "elbo": "nats per image"}
ROWS = [{"epoch": 1, "images": 100, "train/elbo": -9.0, "val/elbo": -8.0, "train/loss": 9.0},
        {"epoch": 2, "images": 200, "train/elbo": -5.0, "train/loss": 5.0},
        {"epoch": 3, "images": 300, "train/elbo": -4.0, "val/elbo": -4.5, "train/loss": 4.0}]  # fmt: skip


def curves(axes: Any) -> list[list[tuple[float, float]]]:
    drawn = [[tuple(point) for point in np.asarray(line.get_xydata())] for line in axes.get_lines()]
    return [points for points in drawn if points]


def test_the_curves_are_the_history() -> None:
    axes = learning_curves({"": ROWS}, UNITS).axes[0]
    assert curves(axes) == [[(100, -9), (200, -5), (300, -4)], [(100, -8), (300, -4.5)]]
    assert (axes.get_xscale(), axes.get_ylabel()) == ("linear", "ELBO (nats per image)")
    axes = learning_curves({"": ROWS}, UNITS, metric="loss", log_x=True).axes[0]
    assert curves(axes) == [[(100, 9), (200, 5), (300, 4)]]
    assert axes.get_xscale() == "log"


def test_runs_are_told_apart_by_colour_and_name() -> None:
    figure = learning_curves({f"run {i}": ROWS for i in range(5)}, UNITS)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [f"run {i}" for i in range(5)]
    lines = [line for line in figure.axes[0].get_lines() if len(np.asarray(line.get_xdata()))]
    assert len(lines) == 10
    assert [line.get_color() for line in lines[::2]] == [handle.get_color() for handle in legend.get_lines()]


@pytest.mark.parametrize("n", [10, 12, 30])
def test_no_two_runs_have_the_same_colour(n: int) -> None:
    figure = learning_curves({f"latent_dim={i}, lr=0.001": ROWS for i in range(n)}, UNITS)
    assert len({to_hex(line.get_color()) for line in figure.legends[0].get_lines()}) == n


@pytest.mark.parametrize("name", ["lr=0.1", "latent_dim=10, lr=0.001", "a long name, " * 7])
def test_the_legend_fits_the_picture(name: str) -> None:
    figure = learning_curves({f"{name} {i}": ROWS for i in range(12)}, UNITS)
    FigureCanvasAgg(figure).draw()
    assert figure.bbox.containsx(figure.legends[0].get_window_extent().x0)
    assert figure.bbox.containsx(figure.legends[0].get_window_extent().x1)


def test_before_the_first_epoch_there_are_axes_without_curves() -> None:
    assert curves(learning_curves({"": []}, UNITS).axes[0]) == []


def test_without_validation_there_is_no_word_of_it() -> None:
    rows = [{key: value for key, value in row.items() if not key.startswith("val/")} for row in ROWS]
    for histories in ({"": rows}, {"a": rows, "b": rows}):
        axes = learning_curves(histories, UNITS).axes[0]
        legend: Any = axes.get_legend()
        assert [text.get_text() for text in legend.get_texts()] == ["training"]
        assert {line.get_linestyle() for line in axes.get_lines()} == {"-"}
        assert len(curves(axes)) == len(histories)
    both: Any = learning_curves({"a": rows, "b": ROWS}, UNITS).axes[0]
    assert [text.get_text() for text in both.get_legend().get_texts()] == ["training", "validation"]


def test_what_is_not_in_the_history_is_named() -> None:
    with pytest.raises(NotApplicable, match=r"history\.csv"):
        learning_curves({}, UNITS)
    with pytest.raises(ValueError, match="loss, elbo"):
        learning_curves({"": ROWS}, UNITS, metric="accuracy")
    with pytest.raises(ValueError, match="'b' has only epoch, images"):
        learning_curves({"a": ROWS, "b": [{"epoch": 1, "images": 2}]}, UNITS)


def test_the_units_are_the_models(small_vae: Callable[..., VAE]) -> None:
    quantities = Quantities(small_vae(), rand(2, 1, 4, 4).double(), arange(2), {"": ROWS})
    assert wanted_quantities(partial(learning_curves, log_x=True)) == ["histories", "units"]
    assert quantities.draw(learning_curves).axes  # type: ignore[union-attr]


def test_the_use_of_a_codebook() -> None:
    indices = zeros(4, 3, 3, dtype=int64)
    indices[2:] = 5  # two of eight codes, each half of the time
    axes: Any = codebook_usage(indices, 8).axes[0]
    assert [bar.get_height() for bar in axes.patches] == [0.5, 0.5, 0, 0, 0, 0, 0, 0]
    assert axes.get_title() == "2 of 8 codes used, perplexity 2.0"
