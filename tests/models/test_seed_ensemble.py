"""Copies that differ in their seeds train as if each were alone."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from aevb.errors import UserError
from aevb.losses import MSE, STL
from aevb.models import VAE, Autoencoder, ImageModel, SeedEnsemble
from aevb.models.batched_noise import IN_PLACE, BatchedNoise
from aevb.networks import ConvEncoder, MLPDecoder, MLPEncoder
from aevb.train.preflight import check_vmap

N = 3
WAYS = ("all_at_once", "one_after_another")


def autoencoder(seed: int, batch_norm: bool = False) -> Autoencoder:
    torch.manual_seed(seed)
    block = ["batch_norm", "activation"] if batch_norm else ["activation"]
    return Autoencoder(
        2,
        ConvEncoder((1, 8, 8), [3], block=block) if batch_norm else MLPEncoder((1, 8, 8), [8]),
        partial(MLPDecoder, 2, hidden_sizes=[8]),
        MSE(),
    ).double()


def vaes(small_vae: Callable[..., VAE], n: int = N) -> list[ImageModel]:
    """VAEs with the same weights."""
    return [small_vae() for _ in range(n)]


def batches(*shape: int) -> Tensor:
    return torch.rand(*shape, 1, 8, 8, generator=torch.Generator().manual_seed(0)).double()


def take_steps(model: ImageModel, images: Tensor, loss: Callable[[Tensor], Tensor]) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for x in images:
        optimizer.zero_grad()
        loss(x).backward()
        optimizer.step()


@pytest.mark.parametrize("own_images", [False, True])
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("way", [*WAYS, "terms"])
def test_each_gets_the_weights_that_it_gets_alone(way: str, batch_norm: bool, own_images: bool) -> None:
    images = batches(4, 5, N) if own_images else batches(4, 5)
    ensemble = SeedEnsemble([autoencoder(seed, batch_norm) for seed in range(N)])

    def loss(x: Tensor) -> Tensor:
        each: Tensor = getattr(ensemble, way)(x)["loss"]
        return each.mean(1).sum()

    take_steps(ensemble, images, loss)
    for seed in range(N):
        alone = autoencoder(seed, batch_norm)
        own = images[:, :, seed] if own_images else images
        take_steps(alone, own, lambda x, model=alone: model.terms(x)["loss"].mean())  # type: ignore[misc]
        expected, got = alone.state_dict(), ensemble.alone(seed).state_dict()
        assert expected.keys() == got.keys()
        for name, tensor in expected.items():
            assert torch.allclose(got[name], tensor), name


@pytest.mark.parametrize("way", WAYS)
def test_each_has_its_own_noise_and_its_own_gradient(small_vae: Callable[..., VAE], way: str) -> None:
    ensemble, x = SeedEnsemble(vaes(small_vae)), torch.rand(5, 1, 4, 4).double()
    terms = getattr(ensemble, way)(x)
    assert terms["loss"].shape == (N, 5)
    assert torch.allclose(terms["kl"][0], terms["kl"][1])  # in closed form, of the same weights
    assert len(terms["reconstruction"].unique()) == N * 5
    for gradient in torch.autograd.grad(terms["loss"][1].sum(), list(ensemble.parameters())):
        assert not gradient[0].any()
        assert gradient[1].any()
        assert not gradient[2].any()


def test_both_ways_sample_the_same_loss(small_vae: Callable[..., VAE]) -> None:
    ensemble, x = SeedEnsemble(vaes(small_vae)), torch.rand(1, 1, 4, 4).double().expand(4000, -1, -1, -1)
    torch.manual_seed(0)
    losses = torch.stack([getattr(ensemble, way)(x)["loss"].detach() for way in WAYS])  # (2, n, B)
    error = losses.std(2) / 4000**0.5
    assert ((losses.mean(2) - losses.mean()).abs() < 5 * error).all()


@pytest.mark.parametrize("draw", IN_PLACE, ids=lambda draw: draw.__name__)
def test_numbers_drawn_in_place_differ_and_keep_their_distribution(draw: Callable[..., Tensor]) -> None:
    arguments = {"geometric_": (0.25,), "normal_": (2.0, 3.0), "random_": (10,)}.get(draw.__name__, ())

    def drawn(zero: Tensor) -> Tensor:
        with BatchedNoise(zero):
            return draw(torch.empty(20000, dtype=torch.float64), *arguments)

    torch.manual_seed(0)
    values = torch.vmap(drawn, randomness="different")(torch.zeros(2))
    assert not torch.equal(values[0], values[1])
    expected = draw(torch.empty(20000, dtype=torch.float64), *arguments)
    # Of a bounded function of them: Cauchy's have no mean.
    assert torch.allclose(values.atan().mean(1), expected.atan().mean(), atol=0.03)


@pytest.mark.parametrize("way", WAYS)
def test_a_module_with_two_names_gets_its_tensors_back(way: str) -> None:
    models = [autoencoder(seed) for seed in range(N)]
    for model in models:
        model.once_more = torch.nn.ModuleList([model.decoder])
    ensemble, x = SeedEnsemble(models), batches(5)
    first, second = (getattr(ensemble, way)(x)["loss"] for _ in range(2))
    assert torch.equal(first, second)
    assert all(len(parameter) == N for parameter in ensemble.parameters())


def test_one_alone_is_a_copy(small_vae: Callable[..., VAE]) -> None:
    ensemble = SeedEnsemble(vaes(small_vae))
    alone = ensemble.alone(1)
    with torch.no_grad():
        next(ensemble.parameters()).add_(1)
    assert torch.equal(next(alone.parameters()), next(small_vae().parameters()))
    assert ensemble.image_shape == alone.image_shape
    assert ensemble.units == alone.units
    assert ensemble.encode(torch.rand(2, 1, 4, 4).double()).shape == (2, 2)
    assert ensemble.decode(torch.rand(2, 2).double()).shape == (2, 1, 4, 4)


def test_what_vmap_cannot_do_is_refused_before_training(small_vae: Callable[..., VAE]) -> None:
    with pytest.raises(UserError, match=r"seeds=2 .* which cannot do a part of this model: .*requires_grad"):
        check_vmap(SeedEnsemble([small_vae(STL()).float() for _ in range(2)]))


def test_looking_whether_vmap_can_do_it_changes_nothing() -> None:
    ensemble = SeedEnsemble([autoencoder(seed, batch_norm=True).float() for seed in range(N)])
    before = {name: tensor.clone() for name, tensor in ensemble.state_dict().items()}
    check_vmap(ensemble)
    assert all(torch.equal(before[name], tensor) for name, tensor in ensemble.state_dict().items())
    assert all(parameter.grad is None for parameter in ensemble.parameters())
