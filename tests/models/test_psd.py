"""Predictive sparse decomposition: its energy, its gradient, and what it encodes to."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from aevb.errors import NotApplicable
from aevb.figures import Quantities
from aevb.figures.dictionary import dictionary
from aevb.models import PSD, SeedEnsemble
from aevb.networks import Dictionary, MLPDecoder, MLPEncoder

D = 6


def small(seed: int = 0, **options: Any) -> PSD:
    torch.manual_seed(seed)
    arguments = {"encoder": MLPEncoder((1, 4, 4), []), "decoder": partial(Dictionary, D), "num_steps": 300}
    model = PSD(D, **{**arguments, **options}).double()
    torch.nn.init.normal_(model.gain)
    return model


def images(n: int = 5) -> Tensor:
    return torch.rand(n, 1, 4, 4, generator=torch.Generator().manual_seed(0)).double()


def test_the_terms_are_those_of_the_energy_at_the_best_code() -> None:
    model, x = small(sparsity=0.3, prediction=0.7), images()
    terms, z = model.terms(x), model.codes_of(x)
    assert tuple(terms) == model.term_names
    assert model.units.keys() == terms.keys()
    assert torch.allclose(terms["reconstruction"], (x - model.decode(z)).square().sum((1, 2, 3)))
    assert torch.allclose(terms["sparsity"], 0.3 * z.abs().sum(1))
    assert torch.allclose(terms["prediction"], 0.7 * (z - model.encode(x)).square().sum(1))
    assert torch.allclose(terms["loss"], terms["reconstruction"] + terms["sparsity"] + terms["prediction"])


def test_the_encoder_is_a_gain_times_an_activation() -> None:
    model, x = small(), images()
    assert torch.allclose(model.encode(x), model.gain * model.to_code(x.flatten(1)).tanh())
    linear = small(activation="identity")
    assert torch.allclose(linear.encode(x), linear.gain * linear.to_code(x.flatten(1)))


@pytest.mark.parametrize("name", ["decoder.directions", "to_code.weight", "to_code.bias", "gain"])
def test_the_gradient_is_that_of_the_minimum_over_codes(name: str) -> None:
    """Although z* moves with the parameters: differences search anew on either side."""
    model, x = small(), images()
    parameter = model.get_parameter(name)
    model.terms(x)["loss"].sum().backward()
    gradient = torch.as_tensor(parameter.grad).clone()
    direction = torch.randn_like(parameter)
    values = []
    with torch.no_grad():
        for step in (1e-5, -2e-5):
            parameter.add_(direction, alpha=step)
            values.append(model.terms(x)["loss"].sum())
    assert torch.allclose((values[0] - values[1]) / 2e-5, (gradient * direction).sum(), rtol=1e-5)


def test_training_improves_the_energy_and_the_prediction() -> None:
    model, x = small(sparsity=0.1, num_steps=20), images(64)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    history = []
    for _ in range(100):
        optimizer.zero_grad()
        terms = model.terms(x)
        terms["loss"].mean().backward()
        optimizer.step()
        history.append([terms[name].mean().item() for name in ("loss", "prediction")])
    assert history[-1][0] < 0.7 * history[0][0]
    assert history[-1][1] < 0.7 * history[0][1]
    assert torch.allclose(model.decoder.atoms.norm(dim=1), torch.ones(D).double())


def test_several_seeds_at_once_are_those_one_by_one() -> None:
    ensemble = SeedEnsemble([small(seed, num_steps=20) for seed in range(2)])
    together, apart = ensemble.all_at_once(images()), ensemble.one_after_another(images())
    for name in ensemble.term_names:
        assert torch.allclose(together[name], apart[name])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decoder": partial(MLPDecoder, D, hidden_sizes=[])}, "decoder: expected Dictionary, got MLPDecoder"),
        ({"prediction": 0}, "prediction=0: expected a finite number above 0"),
        ({"sparsity": -1}, "sparsity=-1: expected a finite number of at least 0"),
        ({"num_steps": 0}, "num_steps=0"),
        ({"activation": "tan"}, "activation='tan'"),
    ],
)
def test_what_does_not_fit_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small(**options)


def test_the_figure_has_the_atoms_that_are_used_most_first() -> None:
    atoms = torch.zeros(2, 1, 4, 4)
    atoms[0, 0, 0, 0], atoms[1, 0, 1, 1] = 1.0, -2.0
    z = torch.tensor([[0.1, -3.0], [0.2, 0.0]])
    (axes,) = dictionary(atoms, z).axes
    picture = torch.as_tensor(axes.get_images()[0].get_array())[..., 0]
    assert picture[1 + 1, 1 + 1] == 1  # the second atom, turned to the sign of its codes
    assert picture[1, 1] == 0.5
    assert picture[1, 1 + 4 + 1] == 1
    (single,) = dictionary(atoms, z, n=1).axes
    assert single.get_images()[0].get_array().shape[:2] == (4, 4)  # type: ignore[union-attr]


def test_only_a_dictionary_has_atoms(small_vae: Any) -> None:
    model, x = small(), images()
    assert Quantities(model, x, None).atoms.shape == (D, 1, 4, 4)
    assert Quantities(small_vae(decoder=partial(Dictionary, 2)), x, None).atoms.shape == (2, 1, 4, 4)
    with pytest.raises(NotApplicable, match="the decoder of VAE is no dictionary: decoder=dictionary is one"):
        Quantities(small_vae(), x, None).draw(dictionary)
