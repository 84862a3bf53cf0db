"""The figures of an evaluation show the tensors they are given."""

from typing import Any

import pytest
import torch

from aevb.figures.exact_posterior import exact_posterior
from aevb.figures.importance_curve import importance_curve
from aevb.figures.kl_by_dimension import kl_by_dimension


def test_a_panel_compares_the_same_images() -> None:
    ladder = {k: torch.full((10,), -1.0 / k) for k in (1, 10, 100)}
    ladder[100][5:] = 1.0
    figure = importance_curve(ladder, {"quadrature": torch.zeros(10), "annealed": torch.zeros(5)})
    panels: Any = [axes.lines for axes in figure.axes]
    whole, part = panels
    assert [line.get_label() for line in whole[1:]] == ["quadrature"]
    assert [line.get_label() for line in part[1:]] == ["quadrature", "annealed"]
    assert whole[0].get_ydata()[-1] == pytest.approx(0.495)
    assert part[0].get_ydata()[-1] == pytest.approx(-0.01)


def test_bars_fall_and_dead_dimensions_are_grey() -> None:
    axes = kl_by_dimension(torch.tensor([0.5, 0.0, 2.0]), torch.tensor([True, False, True])).axes[0]
    bars: Any = axes.patches
    assert [bar.get_height() for bar in bars] == [2.0, 0.5, 0.0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["3", "1", "2"]
    assert bars[2].get_facecolor() != bars[0].get_facecolor()


@pytest.mark.parametrize("dimensions", [1, 2])
def test_a_column_for_each_image(dimensions: int) -> None:
    x, axes = torch.rand(3, 1, 4, 4), torch.linspace(-1, 1, 9).expand(3, dimensions, 9)
    density = torch.rand(3, *[9] * dimensions)
    figure = exact_posterior(x, axes, density, density)
    assert len(figure.axes) == 6
