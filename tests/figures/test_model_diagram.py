"""The diagram has a box for each part, and a line for each layer."""

from collections.abc import Callable
from typing import Any

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import FancyBboxPatch

from aevb.figures import Quantities
from aevb.figures.model_diagram import model_diagram
from aevb.models import VAE, parts_of


def boxes(axes: Any) -> list[Any]:
    return [patch.get_bbox() for patch in axes.patches if isinstance(patch, FancyBboxPatch)]


def test_each_layer_is_in_the_box_of_its_part(small_vae: Callable[..., VAE]) -> None:
    model = small_vae()
    figure: Any = Quantities(model, torch.rand(2, 1, 4, 4).double(), None).draw(model_diagram)
    axes = figure.axes[0]
    parts, drawn = parts_of(model), boxes(axes)
    assert len(drawn) == len(parts)
    for part, box in zip(parts, drawn, strict=True):
        inside = {text.get_text().strip() for text in axes.texts if box.contains(*text.get_position())}
        assert {part.name, part.kind, f"{part.trainable:,}"} <= inside
        assert {layer.name for layer in part.layers} <= inside


def test_boxes_follow_each_other_and_the_prior_is_beside_them(small_vae: Callable[..., VAE]) -> None:
    model = small_vae()
    figure = model_diagram(torch.rand(2, 1, 4, 4), parts_of(model))
    FigureCanvasAgg(figure).draw()
    encoder, posterior, prior, decoder, likelihood = boxes(figure.axes[0])
    for above, below in ((encoder, posterior), (posterior, decoder), (decoder, likelihood)):
        assert above.y0 > below.y1
    assert prior.x0 > posterior.x1
    assert prior.y0 > decoder.y1
    total = sum(parameter.numel() for parameter in model.parameters())
    assert f"{total:,} " in figure.axes[0].get_title(loc="left")
