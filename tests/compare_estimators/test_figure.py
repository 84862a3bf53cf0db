"""The figure of the noise of gradients."""

from typing import Any

from aevb.compare_estimators.figure import gradient_noise
from aevb.compare_estimators.gradients import PARTS
from tests.compare_estimators.made_up import made_up


def test_the_figure_shows_the_rows() -> None:
    variances = {"score_function": 1e5, "sgvb_a": 8.0, "mine": 4.0}  # of one sample
    rows = [made_up(name, n, v / n, 0.1, part) for name, v in variances.items() for n in (1, 2, 4) for part in PARTS]
    figure = gradient_noise(rows)
    figure.draw_without_rendering()
    axes: list[Any] = figure.axes
    assert len(axes) == 6
    assert [len(panel.containers) for panel in axes] == [3, 3, 2, 2, 3, 3]  # the score function is far from SGVB-A
    assert list(axes[0].containers[1].lines[0].get_ydata()) == [8, 4, 2]
    assert list(axes[2].containers[1].lines[0].get_ydata()) == [0.5, 0.5, 0.5]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["score function", "SGVB-A", "mine"]
    assert len(gradient_noise([line for line in rows if line.estimator == "mine"]).axes) == 4
