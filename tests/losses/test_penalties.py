"""Penalties on an autoencoder's code: exact values, unbiased estimates, and what they leave alone."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck
from torch.autograd.functional import jacobian
from torch.distributions import Bernoulli, kl_divergence

from aevb.losses import MSE, Contractive, Penalty, Sparse
from aevb.models import Autoencoder, SeedEnsemble
from aevb.networks import ConvEncoder, Encoder, MLPDecoder, MLPEncoder

D = 3
PENALTIES = [Contractive(0.3), Contractive(0.3, num_probes=2), Sparse(0.3), Sparse(0.3, "kl", 0.2)]


def encoder_of(kind: str) -> Encoder:
    if kind == "mlp":
        return MLPEncoder((1, 4, 4), [8], "tanh")
    block = ["batch_norm", "activation", "dropout"] if kind == "batch_norm" else ["activation"]
    return ConvEncoder((1, 4, 4), [5], activation="tanh", block=block, dropout=0.5 if kind == "batch_norm" else 0.0)


def autoencoder(penalty: Penalty | None, kind: str = "mlp", latent_dim: int = D, seed: int = 0) -> Autoencoder:
    torch.manual_seed(seed)
    decoder = partial(MLPDecoder, latent_dim, hidden_sizes=[8])
    return Autoencoder(latent_dim, encoder_of(kind), decoder, MSE(), penalty=penalty).double()


def images(n: int = 5) -> Tensor:
    return torch.rand(n, 1, 4, 4, generator=torch.Generator().manual_seed(0)).double()


def squared_norms(model: Autoencoder, x: Tensor) -> Tensor:
    """‖∂z/∂x‖²_F of each image, one image at a time."""
    model.eval()
    return torch.stack([jacobian(model.encode, image[None]).square().sum() for image in x])


@pytest.mark.parametrize("kind", ["mlp", "conv", "batch_norm"])
def test_the_contractive_penalty_is_that_of_each_image_by_itself(kind: str) -> None:
    model, x = autoencoder(Contractive(0.3), kind), images()
    model.terms(images(9))  # running statistics that are not the initial ones
    penalty = model.terms(x)["penalty"]
    reference = autoencoder(None, kind)
    reference.load_state_dict(model.state_dict())
    assert torch.allclose(penalty, 0.3 * squared_norms(reference, x))


def test_of_a_linear_encoder_it_is_the_squared_norm_of_its_weights() -> None:
    model = autoencoder(Contractive(0.3))
    model.encoder = MLPEncoder((1, 4, 4), [])
    model.to_code = torch.nn.Linear(16, D).double()
    assert torch.allclose(model.terms(images())["penalty"], 0.3 * model.to_code.weight.square().sum().expand(5))


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_gradient_of_a_penalty_is_that_of_finite_differences(penalty: Penalty) -> None:
    model, x = autoencoder(penalty), images()
    names, weights = zip(*model.encoder.named_parameters(), strict=True)

    def value(*tensors: Tensor) -> Tensor:
        torch.manual_seed(0)

        def encode(x: Tensor) -> Tensor:
            features = torch.func.functional_call(model.encoder, dict(zip(names, tensors, strict=True)), (x,))
            code: Tensor = model.to_code(features)
            return code

        result: Tensor = penalty(encode, x, encode(x))
        return result

    assert gradcheck(value, tuple(weight.detach().requires_grad_() for weight in weights))


def test_the_estimate_is_unbiased() -> None:
    model, x = autoencoder(Contractive(num_probes=20_000)), images(3)
    exact = squared_norms(autoencoder(None), x) * 0.1
    torch.manual_seed(0)
    one = autoencoder(Contractive(num_probes=1))
    draws = torch.stack([one.terms(x)["penalty"].detach() for _ in range(200)])
    assert (draws.std(0) > 1e-3 * exact).all()
    assert ((model.terms(x)["penalty"] - exact).abs() < 5 * draws.std(0) / 20_000**0.5).all()


def test_the_estimate_of_a_single_latent_is_exact() -> None:
    model, x = autoencoder(Contractive(0.3, num_probes=1), latent_dim=1), images()
    assert torch.allclose(model.terms(x)["penalty"], 0.3 * squared_norms(autoencoder(None, latent_dim=1), x))


def test_batch_normalisation_counts_a_batch_once_and_goes_on_in_training() -> None:
    model = autoencoder(Contractive(), "batch_norm")
    model.terms(images())
    plain = autoencoder(None, "batch_norm")
    torch.manual_seed(1)
    plain.terms(images())
    state, expected = model.state_dict(), plain.state_dict()
    assert all(torch.equal(state[name], expected[name]) for name in expected)
    assert all(module.training for module in model.modules())


def test_the_l1_penalty_is_the_sum_of_absolute_values() -> None:
    model, x = autoencoder(Sparse(0.3)), images()
    assert torch.allclose(model.terms(x)["penalty"], 0.3 * model.encode(x).abs().sum(1))


def kl_of(z: Tensor, target: float = 0.2) -> Tensor:
    penalty: Tensor = Sparse(1.0, "kl", target)(lambda x: x, z, z)
    return penalty


def test_the_kl_penalty_is_between_coins_and_the_same_for_every_image() -> None:
    z = 3 * torch.randn(7, D).double()
    coins = kl_divergence(Bernoulli(torch.full((D,), 0.2).double()), Bernoulli(torch.sigmoid(z).mean(0)))
    assert torch.allclose(kl_of(z), coins.sum().expand(7))


def test_the_kl_penalty_is_zero_where_the_mean_activity_is_the_target() -> None:
    active = torch.tensor([[0.1, 0.3], [0.3, 0.1]], dtype=torch.float64)
    z = torch.logit(active).requires_grad_()
    kl = kl_of(z)
    assert kl.abs().max() < 1e-12
    (gradient,) = torch.autograd.grad(kl.mean(), z)
    assert gradient.abs().max() < 1e-12
    assert kl_of(z + 0.1).min() > 0


def test_the_kl_penalty_stays_finite_for_extreme_codes() -> None:
    z = torch.tensor([[1e4, -1e4]], requires_grad=True)
    kl = kl_of(z).sum()
    kl.backward()
    assert kl.isfinite()
    assert kl > 1e3
    assert z.grad is not None
    assert z.grad.isfinite().all()
    assert (z.grad.sign() == torch.tensor([[1.0, -1.0]])).all()


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_loss_is_the_sum_of_its_terms_and_every_term_has_a_unit(penalty: Penalty) -> None:
    model = autoencoder(penalty)
    terms = model.terms(images())
    assert tuple(terms) == model.term_names == ("loss", "reconstruction", "penalty")
    assert torch.equal(terms["loss"], terms["reconstruction"] + terms["penalty"])
    assert model.units.keys() == terms.keys()
    assert (terms["penalty"] > 0).all()
    assert Autoencoder.term_names == ("loss", "reconstruction")


def test_without_a_penalty_there_is_no_term() -> None:
    terms = autoencoder(None).terms(images())
    assert tuple(terms) == autoencoder(None).term_names == ("loss", "reconstruction")
    assert terms["loss"] is terms["reconstruction"]
    assert torch.equal(terms["loss"], autoencoder(Sparse()).terms(images())["reconstruction"])


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_a_penalty_is_the_same_in_an_evaluation(penalty: Penalty, context: Any) -> None:
    model, x = autoencoder(penalty), images()
    torch.manual_seed(0)
    expected = model.terms(x)["penalty"]
    torch.manual_seed(0)
    with context():
        assert torch.allclose(model.terms(x)["penalty"], expected)


@pytest.mark.parametrize("penalty", [Contractive(0.3), Sparse(0.3, "kl")])
def test_several_seeds_at_once_are_those_one_by_one(penalty: Penalty) -> None:
    ensemble = SeedEnsemble([autoencoder(penalty, seed=seed) for seed in range(2)])
    together, apart = ensemble.all_at_once(images()), ensemble.one_after_another(images())
    for name in ensemble.term_names:
        assert torch.allclose(together[name], apart[name])
    for seed in range(2):
        assert torch.allclose(apart["penalty"][seed], autoencoder(penalty, seed=seed).terms(images())["penalty"])


def test_several_seeds_draw_their_own_probes() -> None:
    ensemble = SeedEnsemble([autoencoder(Contractive(num_probes=1)) for _ in range(2)])
    first, second = ensemble.all_at_once(images())["penalty"]
    assert not torch.allclose(first, second)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Contractive(0.0), "penalty weight=0.0: expected a finite number above 0"),
        (lambda: Contractive(num_probes=0), "penalty num_probes=0"),
        (lambda: Sparse(kind="l2"), "penalty kind='l2': expected one of l1, kl"),
        (lambda: Sparse(target=1.0), r"penalty target=1\.0: expected a share between 0 and 1"),
        (lambda: autoencoder(MSE()), "penalty: expected Penalty, got MSE"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_option_is_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
