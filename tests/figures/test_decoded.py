"""Grids and points of the latent space are decoded where they say they are."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Dirichlet, Distribution, Gamma, Independent, Laplace, Normal, Uniform

from aevb.errors import NotApplicable
from aevb.figures.decoded_grid import decoded_grid
from aevb.figures.decoded_points import decoded_points
from aevb.figures.latent_scatter import latent_scatter

STANDARD = Independent(Normal(torch.zeros(3), torch.ones(3)), 1)
CODES = torch.randn(200, 3, generator=torch.Generator().manual_seed(0)) + 1


@pytest.fixture
def seen() -> list[Tensor]:
    return []


@pytest.fixture
def decode(seen: list[Tensor]) -> Callable[[Tensor], Tensor]:
    """Makes white images, and notes the points."""

    def note(z: Tensor) -> Tensor:
        seen.append(z)
        return torch.ones(len(z), 1, 2, 2)

    return note


@pytest.mark.parametrize(
    "family", [Normal(torch.tensor([0.0, 5.0]), torch.tensor([1.0, 0.2])), Laplace(torch.zeros(2), torch.ones(2)),
               Uniform(torch.zeros(2), torch.ones(2))],
)  # fmt: skip
def test_at_quantiles_every_cell_has_the_same_mass(
    decode: Callable[[Tensor], Tensor], seen: list[Tensor], family: Distribution
) -> None:
    decoded_grid(decode, torch.zeros(5, 2), Independent(family, 1), quantiles=True, n=10)
    u = family.cdf(seen[0]).reshape(10, 10, 2)  # rows from the top
    middles = (torch.arange(10) + 0.5) / 10
    assert torch.allclose(u[..., 0], middles.expand(10, 10), atol=1e-5)
    assert torch.allclose(u[..., 1], middles.flip(0)[:, None].expand(10, 10), atol=1e-5)


def test_the_axes_of_quantiles_name_the_points(decode: Callable[[Tensor], Tensor], seen: list[Tensor]) -> None:
    axes: Any = decoded_grid(decode, torch.zeros(5, 2), STANDARD, quantiles=True, n=8).axes[0]
    z = seen[0].reshape(8, 8, 2)
    for tick, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True):
        assert float(label.get_text().replace("−", "-")) == pytest.approx(z[0, int(tick), 0].item(), abs=0.006)
    for tick, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True):
        assert float(label.get_text().replace("−", "-")) == pytest.approx(z[7 - int(tick), 0, 1].item(), abs=0.006)
    assert "probability" in axes.get_xlabel()


@pytest.mark.parametrize("quantiles", [False, True])
def test_the_other_dimensions_are_at_the_mean(
    decode: Callable[[Tensor], Tensor], seen: list[Tensor], quantiles: bool
) -> None:
    axes = decoded_grid(decode, CODES, STANDARD, dims=[2, 0], quantiles=quantiles, n=4).axes[0]
    z = seen[0].reshape(4, 4, 3)
    assert torch.allclose(z[..., 1], CODES[:, 1].mean())
    assert (z[0].diff(dim=0)[:, 2] > 0).all()  # along a row, dimension 2 grows
    assert (z[:, 0].diff(dim=0)[:, 0] < 0).all()  # from the top, dimension 0 falls
    assert "z_{3}" in axes.get_xlabel()
    assert "z_{1}" in axes.get_ylabel()


@pytest.mark.parametrize(
    ("kl", "across", "up"),
    [
        ([0.1, 2.0, 0.3], 2, 3),
        ([0.1, 0.3, 2.0], 2, 3),  # in ascending order
        ([2.0, 0.1, 0.3], 1, 3),
        ([1.0, 1.0, 1.0], 1, 2),  # the first of equals
        (None, 2, 3),  # by the variance of the codes
    ],
)
def test_the_plane_is_that_of_the_largest_kl(
    decode: Callable[[Tensor], Tensor], kl: list[float] | None, across: int, up: int
) -> None:
    codes = CODES * torch.tensor([0.1, 2.0, 1.0])
    axes = decoded_grid(decode, codes, STANDARD, None if kl is None else torch.tensor(kl), n=2).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == (f"$z_{{{across}}}$", f"$z_{{{up}}}$")
    (held,) = {1, 2, 3} - {across, up}
    title = " ".join(axes.get_title().split())
    assert title == f"The latent plane, decoded; $z_{{{held}}}$ at the mean of the codes"


def test_a_plane_has_no_others(decode: Callable[[Tensor], Tensor]) -> None:
    axes = decoded_grid(decode, CODES[:, :2], STANDARD, torch.tensor([0.1, 0.9]), n=2).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$z_{1}$", "$z_{2}$")
    assert axes.get_title() == "The latent plane, decoded"


@pytest.mark.parametrize("dims", [[0, 0], [0, 3], [-1, 0], [0], 1, [0, 1, 2]])
def test_impossible_dimensions_are_named(decode: Callable[[Tensor], Tensor], dims: Any) -> None:
    with pytest.raises(ValueError, match="from 0 to 2"):
        decoded_grid(decode, CODES, dims=dims)


def test_grids_that_do_not_exist(decode: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(NotApplicable, match="2 latent dimensions, and this model has 1"):
        decoded_grid(decode, torch.zeros(5, 1))
    with pytest.raises(NotApplicable, match="this model has none"):
        decoded_grid(decode, CODES, None, quantiles=True)
    for prior in (Independent(Gamma(torch.ones(3), torch.ones(3)), 1), Dirichlet(torch.ones(3))):
        with pytest.raises(NotApplicable, match=r"Gamma|Dirichlet"):
            decoded_grid(decode, CODES, prior, quantiles=True)
    with pytest.raises(ValueError, match="one of them"):
        decoded_grid(decode, CODES, STANDARD, box=[-1, 1], quantiles=True)


def test_points_are_decoded_under_their_coordinates(decode: Callable[[Tensor], Tensor], seen: list[Tensor]) -> None:
    figure = decoded_points(decode, CODES, points=[[0.5, 0.25, 0], [1, 2, -3]])
    assert torch.equal(seen[0], torch.tensor([[0.5, 0.25, 0], [1, 2, -3]]))
    assert [axes.get_title() for axes in figure.axes] == ["1: (0.5, 0.25, 0)", "2: (1, 2, −3)"]


@pytest.mark.parametrize("points", [[[1, 2]], [[1, 2, 3], [1]], [1, 2, 3], 4, [["a", "b", "c"]]])
def test_a_wrong_point_is_told_how_many_dimensions_there_are(decode: Callable[[Tensor], Tensor], points: Any) -> None:
    with pytest.raises(ValueError, match="3 latent dimensions"):
        decoded_points(decode, CODES, points=points)
    with pytest.raises(ValueError, match="3 latent dimensions"):
        latent_scatter(CODES, torch.arange(len(CODES)) % 10, points=points)


def test_without_points_there_is_nothing_to_decode(decode: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(NotApplicable, match="no points"):
        decoded_points(decode, CODES)
