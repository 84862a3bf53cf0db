"""What speed is compared with is the same computation."""

from collections.abc import Callable

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig

from aevb.models import VAE
from benchmarks.references.models import MODELS


@pytest.mark.parametrize("name", MODELS)
def test_a_reference_is_the_model_that_it_stands_for(configure: Callable[..., DictConfig], name: str) -> None:
    model: VAE = instantiate(configure(f"model={name}").model, _convert_="all")
    reference = MODELS[name]()
    shapes = [[tuple(p.shape) for p in module.parameters()] for module in (model, reference)]
    assert sorted(shapes[0]) == sorted(shapes[1])
    # With the same weights and noise, the same loss.
    ours = [*model.encoder.parameters(), *model.posterior.parameters(), *model.decoder.parameters()]
    with torch.no_grad():
        for to, weight in zip(reference.parameters(), ours, strict=True):
            to.copy_(weight)
    x = torch.rand(3, 1, 28, 28)
    losses = []
    for loss in (lambda: model.terms(x)["loss"].mean(), lambda: reference(x)):
        torch.manual_seed(1)
        losses.append(loss().item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
