"""A latent traversal changes one dimension at a time, that which says most of the image first."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor
from torch.distributions import Independent, Laplace, Normal, StudentT

from aevb.distributions import FullNormalPosterior
from aevb.errors import NotApplicable
from aevb.figures import Quantities
from aevb.figures.latent_traversal import latent_traversal
from aevb.figures.latent_traversal_gif import latent_traversal_gif
from aevb.losses import MSE
from aevb.losses.kl import kl_or_estimate
from aevb.models import VAE
from tests.conftest import choices
from tests.models.test_models import small_autoencoder

CODES = torch.randn(200, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 3.0, 2.0]) + 1
KL = torch.tensor([0.5, 0.1, 2.5])
PRIOR = Independent(Laplace(torch.tensor([0.0, 5.0, 0.0]), torch.tensor([1.0, 0.2, 3.0])), 1)
POSTERIOR = {
    "beta": "beta",
    "uniform": "beta",
    "gamma": "gamma",
    "dirichlet": "dirichlet",
}  # for a prior not on the line


@pytest.fixture
def seen() -> list[Tensor]:
    return []


@pytest.fixture
def decode(seen: list[Tensor]) -> Callable[[Tensor], Tensor]:
    """Makes white images, and notes the codes."""

    def note(z: Tensor) -> Tensor:
        seen.append(z)
        return torch.ones(*z.shape[:-1], 1, 2, 2)

    return note


def rows_of(figure: Any) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


@pytest.mark.parametrize("start", [None, 7])
def test_a_row_is_a_dimension_at_quantiles_of_the_prior(
    decode: Callable[[Tensor], Tensor], seen: list[Tensor], start: int | None
) -> None:
    figure = latent_traversal(decode, CODES, PRIOR, KL, start=start, n=5)
    assert rows_of(figure) == ["$z_{3}$\n2.5 nats", "$z_{1}$\n0.5 nats", "$z_{2}$\n0.1 nats"]
    origin = CODES.mean(0) if start is None else CODES[start]
    for path, dimension in zip(seen[0], [2, 0, 1], strict=True):
        u = PRIOR.base_dist.cdf(path)[:, dimension]
        assert torch.allclose(u, torch.linspace(0.01, 0.99, 5), atol=1e-5)
        others = [i for i in range(3) if i != dimension]
        assert torch.allclose(path[:, others], origin[others].expand(5, 2))


@pytest.mark.parametrize("kl", [None, torch.tensor([1.0, torch.inf, 0.0])])
def test_without_prior_and_kl_the_codes_say_both(
    decode: Callable[[Tensor], Tensor], seen: list[Tensor], kl: Tensor | None
) -> None:
    figure = latent_traversal(decode, CODES, None, kl, n=3, rows=2)
    assert [row.split("\n")[0] for row in rows_of(figure)] == ["$z_{2}$", "$z_{3}$"]
    assert torch.allclose(seen[0][0, 1, 1], CODES[:, 1].quantile(0.5))
    assert ((CODES[:, 2] < seen[0][1, 2, 2]).float().mean() - 0.99).abs() < 0.01
    assert "codes" in figure.axes[0].get_title()


def test_one_latent_dimension_has_one_row(decode: Callable[[Tensor], Tensor], seen: list[Tensor]) -> None:
    normal = Independent(Normal(torch.zeros(1), torch.ones(1)), 1)
    assert len(rows_of(latent_traversal(decode, CODES[:, :1], normal, KL[:1], n=4))) == 1
    assert seen[0].shape == (1, 4, 1)


def test_the_gif_goes_there_and_back_for_ever() -> None:
    def decode(z: Tensor) -> Tensor:
        return torch.sigmoid(z[..., :1, None, None]).expand(*z.shape[:-1], 1, 2, 2)  # as bright as z₁

    frames = latent_traversal_gif(decode, CODES, PRIOR, KL, n=6).frames
    assert frames.shape == (12, 1, 1 + 2 + 1, 3 * (2 + 1) + 1)
    first, second, third = (frames[:, 0, 1, 1 + 3 * i] for i in range(3))
    assert (second[:7].diff() > 0).all()  # the second row is that of z₁
    assert torch.equal(second[1:], second[1:].flip(0))
    assert first.unique().numel() == third.unique().numel() == 1
    many = latent_traversal_gif(decode, CODES.repeat(1, 4), None, None, n=2, rows=7)
    assert many.frames.shape[2:] == (2 * 3 + 1, 4 * 3 + 1)


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        (partial(latent_traversal, n=1), "at least 2 images"),
        (partial(latent_traversal_gif, n=1), "at least 2 frames"),
        (partial(latent_traversal, start=200), "start=200: expected the index of one of the images, 0 to 199"),
        (partial(latent_traversal, rows=0), "rows=0"),
    ],
)
def test_wrong_options(decode: Callable[[Tensor], Tensor], figure: Callable[..., Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        figure(decode, CODES, PRIOR, KL)


@pytest.mark.parametrize("prior", choices("prior"))
def test_every_prior_is_traversed_or_says_why_not(configure: Callable[..., DictConfig], prior: str) -> None:
    posterior = POSTERIOR.get(prior, "normal" if prior != "cauchy" else "cauchy")
    small = ("latent_dim=3", "encoder.hidden_sizes=[8]", "decoder.hidden_sizes=[8]", "loss=sgvb_a")
    cfg = configure("data=digits", *small, f"prior={prior}", f"posterior={posterior}")
    torch.manual_seed(0)
    model: VAE = instantiate(cfg.model, _convert_="all").eval()
    quantities = Quantities(model, torch.rand(20, 1, 8, 8), None)
    if prior == "dirichlet":
        with pytest.raises(NotApplicable, match="simplex"):
            quantities.draw(latent_traversal)
        return
    figure: Any = quantities.draw(latent_traversal)
    known = prior in ("standard_normal", "normal", "laplace", "cauchy", "uniform")
    assert ("Quantiles of the prior" if known else "Quantiles of the codes") in figure.axes[0].get_title()
    splits = prior not in ("vamp", "flow", "mixture")
    assert ("largest KL" if splits else "largest variance") in figure.axes[0].get_title()


def test_the_kl_is_that_of_the_loss(small_vae: Callable[..., VAE]) -> None:
    x = torch.rand(9, 1, 4, 4).double()
    model = small_vae().eval()
    with torch.no_grad():
        kl = Quantities(model, x, None).kl_by_dimension
        assert kl is not None
        assert torch.allclose(kl.sum(), model.terms(x)["kl"].mean())


def test_where_no_closed_form_is_known_a_draw_estimates_the_kl() -> None:
    torch.manual_seed(0)
    means = torch.tensor([0.5, 2.0]).double()
    q = Independent(Normal(means.expand(20_000, 2), torch.ones(20_000, 2).double()), 1)
    p = Independent(StudentT(torch.full((2,), 5.0).double()), 1)
    z = torch.linspace(-12, 15, 5000).double()[:, None]
    log_q = Normal(means, 1.0).log_prob(z)
    exact = torch.trapezoid(log_q.exp() * (log_q - p.base_dist.log_prob(z)), z, dim=0)
    assert torch.allclose(kl_or_estimate(q, p).mean(0), exact, atol=0.02)


@torch.no_grad()
def test_a_model_without_a_kl_of_each_dimension_has_none(small_vae: Callable[..., VAE]) -> None:
    x = torch.rand(9, 1, 4, 4).double()
    for model in (small_vae(posterior=partial(FullNormalPosterior, latent_dim=2)), small_autoencoder(MSE())):
        quantities = Quantities(model, x, None)
        assert quantities.kl_by_dimension is None
        figure: Any = quantities.draw(latent_traversal)
        assert "variance of the codes" in figure.axes[0].get_title()
