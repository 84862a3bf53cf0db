"""t-SNE keeps apart what is apart, and says what it cannot draw."""

from typing import Any

import numpy as np
import pytest
import torch

from aevb.errors import NotApplicable
from aevb.figures.tsne import tsne

Y = torch.arange(200) % 2
Z = torch.randn(200, 4, generator=torch.Generator().manual_seed(0)) + 10 * Y[:, None]


@pytest.mark.parametrize("dimensions", [2, 3])
def test_neighbours_stay_together(dimensions: int) -> None:
    axes: Any = tsne(Z, Y, dimensions=dimensions, perplexity=10, max_points=150).axes[0]
    drawn = axes.collections[0]
    coordinates = drawn._offsets3d if dimensions == 3 else drawn.get_offsets().T
    points, colours = np.asarray(coordinates).T, drawn.get_array()
    assert points.shape == (150, dimensions)
    distances = np.linalg.norm(points[:, None] - points, axis=-1) + np.diag(np.full(150, np.inf))
    assert (colours[distances.argmin(1)] == colours).mean() > 0.9  # the nearest neighbour of each point
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["0", "1"]


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(NotApplicable, match="perplexity=40 needs more points"):
        tsne(Z[:40], Y[:40])
    with pytest.raises(NotApplicable, match="only 2 dimensions"):
        tsne(Z[:, :2], Y, dimensions=3, perplexity=5)
    with pytest.raises(NotApplicable, match="all equal"):
        tsne(torch.full((200, 4), 0.3), Y)
    for options in ({"dimensions": 4}, {"perplexity": 0}, {"perplexity": "x"}, {"max_points": 0}, {"seed": -1}):
        with pytest.raises(ValueError, match=next(iter(options))):
            tsne(Z, Y, **options)
