"""Codebooks: the nearest code, the gradients, the moving average, the restarts."""

from typing import Any

import pytest
import torch
from torch import Tensor

from aevb.networks import Codebook, GradientCodebook, MovingAverageCodebook

K, D = 6, 3
FAMILIES: list[type[Any]] = [GradientCodebook, MovingAverageCodebook]


def make(family: type[Any], **options: Any) -> Codebook:
    """A codebook in float64 whose codes are not near zero."""
    torch.manual_seed(0)
    codebook: Codebook = family(K, D, **{"restart": False, **options}).double()
    with torch.no_grad():
        codebook.codes.copy_(torch.randn(K, D))
    if isinstance(codebook, MovingAverageCodebook):
        codebook.sums.copy_(codebook.codes)
    return codebook


def maps(n: int = 5) -> Tensor:
    return torch.randn(n, D, 4, 2, generator=torch.Generator().manual_seed(1)).double()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_vector_becomes_its_nearest_code(family: type[Any]) -> None:
    codebook, z = make(family).eval(), maps()
    quantised = codebook(z)
    distances = torch.cdist(z.movedim(1, -1).reshape(-1, D), codebook.codes)
    assert torch.equal(quantised.indices.flatten(), distances.argmin(1))
    assert torch.equal(quantised.maps, codebook.lookup(quantised.indices))
    assert torch.equal(quantised.indices, codebook.nearest(z))
    assert quantised.maps.shape == z.shape
    assert torch.equal(codebook.lookup(quantised.indices.unsqueeze(0)), quantised.maps.unsqueeze(0))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_gradient_passes_straight_through(family: type[Any]) -> None:
    codebook, z = make(family).eval(), maps().requires_grad_()
    weight = torch.randn_like(z)
    (codebook(z).maps * weight).sum().backward()
    assert z.grad is not None
    assert torch.equal(z.grad, weight)
    assert codebook.codes.grad is None


@pytest.mark.parametrize("commitment", [0.0, 0.25, 2.0])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_loss_pulls_vectors_by_beta_and_codes_by_one(family: type[Any], commitment: float) -> None:
    codebook, z = make(family, commitment=commitment).eval(), maps().requires_grad_()
    quantised = codebook(z)
    squared = (z - quantised.maps).detach().square().sum((1, 2, 3))
    learnt = family is GradientCodebook
    assert torch.allclose(quantised.loss, (commitment + learnt) * squared)
    quantised.loss.sum().backward()
    assert z.grad is not None
    assert torch.allclose(z.grad, 2 * commitment * (z - quantised.maps).detach())
    if learnt:
        chosen = torch.nn.functional.one_hot(quantised.indices.flatten(), K).double()
        vectors = z.detach().movedim(1, -1).reshape(-1, D)
        assert codebook.codes.grad is not None
        assert torch.allclose(codebook.codes.grad, 2 * (chosen.sum(0)[:, None] * codebook.codes - chosen.T @ vectors))


def test_the_moving_average_is_that_of_the_paper() -> None:
    """N and m in plain counts, appendix A.1; the codebook counts in shares, which cancels but for ε."""
    gamma, eps = 0.9, 1e-5
    codebook = make(MovingAverageCodebook, decay=gamma).train()
    codes, z = codebook.codes.clone(), maps()
    share = z[:, 0].numel() / K
    counts, sums = torch.full((K,), share).double(), codes * share
    for _ in range(3):
        vectors = z.movedim(1, -1).reshape(-1, D)
        nearest = torch.cdist(vectors, codes).argmin(1)
        for k in range(K):
            counts[k] = gamma * counts[k] + (1 - gamma) * (nearest == k).sum()
            sums[k] = gamma * sums[k] + (1 - gamma) * vectors[nearest == k].sum(0)
        total, eps_here = counts.sum(), eps * share
        codes = sums / ((counts + eps_here) / (total + K * eps_here) * total)[:, None]
        codebook(z)
        assert torch.allclose(codebook.codes, codes)
        assert torch.allclose(codebook.usage, counts / share)


def test_a_moving_average_settles_at_the_means() -> None:
    codebook, z = make(MovingAverageCodebook, decay=0.5).train(), maps()
    for _ in range(200):
        indices = codebook(z).indices
    vectors = z.movedim(1, -1).reshape(-1, D)
    for k in indices.unique():
        assert torch.allclose(codebook.codes[k], vectors[indices.flatten() == k].mean(0), atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_in_evaluation_nothing_moves(family: type[Any]) -> None:
    codebook = make(family, restart=True).eval()
    before = {name: value.clone() for name, value in codebook.state_dict().items()}
    codebook(maps())
    assert all(torch.equal(value, before[name]) for name, value in codebook.state_dict().items())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_first_batch_places_the_codes(family: type[Any]) -> None:
    codebook, z = make(family, restart=True).train(), maps()
    codebook.learn = lambda *_: None  # type: ignore[method-assign]
    codebook(z)
    assert (torch.cdist(codebook.codes, z.movedim(1, -1).reshape(-1, D)).amin(1) < 1e-6).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_restarts_revive_dead_codes_and_leave_the_others(family: type[Any]) -> None:
    codebook, z = make(family, restart=True, decay=0.9).train(), maps()
    codebook.usage.fill_(1)
    with torch.no_grad():
        codebook.codes[0] += 1000  # far from everything
    if isinstance(codebook, MovingAverageCodebook):
        codebook.sums.copy_(codebook.codes)
    used = [bool((codebook(z).indices == 0).any()) for _ in range(60)]
    dead = used.index(True)
    assert 0.9**dead < codebook.dead_below < 0.9 ** (dead - 2)
    assert codebook.codes[0].norm() < 100


@pytest.mark.parametrize("family", FAMILIES)
def test_without_restarts_dead_codes_stay_dead(family: type[Any]) -> None:
    codebook, z = make(family, decay=0.5).train(), maps()
    with torch.no_grad():
        codebook.codes[0] += 1000
    if isinstance(codebook, MovingAverageCodebook):
        codebook.sums.copy_(codebook.codes)
    for _ in range(10):
        assert not (codebook(z).indices == 0).any()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
def test_a_diverged_or_constant_batch_raises_nothing(family: type[Any], value: float) -> None:
    codebook = make(family, restart=True).train()
    for _ in range(2):
        assert codebook(torch.full((2, D, 4, 2), value).double()).indices.max() < K


@pytest.mark.parametrize(
    ("options", "message"),
    [({"num_codes": 0}, "num_codes=0"), ({"latent_dim": 0}, "latent_dim=0"), ({"decay": 1}, "decay=1"),
     ({"commitment": -1}, "commitment=-1"), ({"dead_below": 0}, "dead_below=0")],
)  # fmt: skip
@pytest.mark.parametrize("family", FAMILIES)
def test_impossible_options_are_named(family: type[Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        family(**{"num_codes": K, "latent_dim": D, **options})
