"""The spread that each kind of initial weights has, layer by layer."""

from collections.abc import Callable
from math import sqrt

import pytest
import torch
from torch import nn

from aevb.networks import Glorot, InitialWeights, Kaiming, NormalWeights, TorchDefault


def layers() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(50, 70), nn.Conv2d(20, 40, 3), nn.ConvTranspose2d(40, 20, 3), nn.BatchNorm2d(20), nn.Linear(5, 5)
    )


@pytest.mark.parametrize(
    ("initial", "variance"),
    [
        (Glorot(), lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
        (Kaiming(), lambda fan_in, fan_out: 2 / fan_in),
        (Kaiming(0.3), lambda fan_in, fan_out: 2 / 1.09 / fan_in),
        (NormalWeights(0.2), lambda fan_in, fan_out: 0.04),
    ],
    ids=["glorot", "kaiming", "leaky", "normal"],
)
def test_the_variance_of_the_weights(initial: InitialWeights, variance: Callable[[int, int], float]) -> None:
    model = layers()
    initial(model)
    fans = [(50, 70), (20 * 9, 40 * 9), (40 * 9, 20 * 9)]
    for layer, (fan_in, fan_out) in zip(model, fans, strict=False):
        assert isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
        weight = layer.weight
        assert weight.std().item() == pytest.approx(sqrt(variance(fan_in, fan_out)), rel=0.06)
        if not isinstance(initial, NormalWeights):
            assert layer.bias is not None
            assert not layer.bias.any()


def test_glorot_is_uniform_up_to_its_bound() -> None:
    model = layers()
    Glorot()(model)
    weight = model[1].weight
    assert isinstance(weight, torch.Tensor)
    assert 0.99 < weight.abs().max() / sqrt(6 / (60 * 9)) <= 1


def test_normalisation_and_frozen_layers_stay_as_they_are() -> None:
    model = layers()
    *_, normalisation, last = model
    assert isinstance(normalisation, nn.BatchNorm2d)
    assert isinstance(last, nn.Linear)
    last.requires_grad_(False)
    frozen = last.weight.clone()
    for initial in (Glorot(), Kaiming()):
        initial(model)
        assert (normalisation.weight == 1).all()
        assert torch.equal(last.weight, frozen)
    NormalWeights(1.0)(model)
    assert torch.equal(last.weight, frozen)


def test_torchs_own_weights_stay() -> None:
    model, same = layers(), layers()
    TorchDefault()(model)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), same.parameters(), strict=True))


def test_a_spread_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"init\.std=0"):
        NormalWeights(0)
