"""Every posterior on disk: shapes, densities and samples against scipy's, and the derivatives of its samples."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import scipy.stats as witness
import torch
from hydra.utils import instantiate
from torch import Tensor, nn
from torch.distributions import Distribution

from aevb.distributions import AmortizedPosterior, marginal_family, mean_or_mode
from aevb.distributions.families import Beta, CentredUniform, Kumaraswamy, LocationScale, Logistic, Triangular
from tests.conftest import choices, part

Parameters = dict[str, Any]


class KumaraswamyWitness(witness.rv_continuous):
    """scipy has no Kumaraswamy distribution: F(z) = 1 - (1 - zᵃ)ᵇ on (0, 1)."""

    def _cdf(self, z: Any, a: Any, b: Any) -> Any:
        return 1 - (1 - z**a) ** b

    def _pdf(self, z: Any, a: Any, b: Any) -> Any:
        return a * b * z ** (a - 1) * (1 - z**a) ** (b - 1)


WITNESSES: dict[str, Callable[[Parameters], Any]] = {
    "normal": lambda p: witness.norm(p["loc"], p["scale"]),
    "laplace": lambda p: witness.laplace(p["loc"], p["scale"]),
    "logistic": lambda p: witness.logistic(p["loc"], p["scale"]),
    "student_t": lambda p: witness.t(p["df"], p["loc"], p["scale"]),
    "cauchy": lambda p: witness.cauchy(p["loc"], p["scale"]),
    "uniform": lambda p: witness.uniform(p["loc"] - p["scale"], 2 * p["scale"]),
    "triangular": lambda p: witness.triang(0.5, p["loc"] - p["scale"], 2 * p["scale"]),
    "exponential": lambda p: witness.expon(scale=1 / p["rate"]),
    "weibull": lambda p: witness.weibull_min(p["concentration"], scale=p["scale"]),
    "gumbel": lambda p: witness.gumbel_r(p["loc"], p["scale"]),
    "pareto": lambda p: witness.pareto(p["alpha"], scale=p["scale"]),
    "kumaraswamy": lambda p: KumaraswamyWitness(a=0, b=1)(p["concentration1"], p["concentration0"]),
    "log_normal": lambda p: witness.lognorm(p["scale"], scale=np.exp(p["loc"])),
    "gamma": lambda p: witness.gamma(p["concentration"], scale=1 / p["rate"]),
    "beta": lambda p: witness.beta(p["concentration1"], p["concentration0"]),
    "chi2": lambda p: witness.chi2(p["df"]),
}
FEATURES, LATENT = 5, 3


def make(name: str) -> nn.Module:
    torch.manual_seed(0)
    posterior: nn.Module = instantiate(part("posterior", name, LATENT), _convert_="all")(in_features=FEATURES).double()
    return posterior


def features(n: int = 4) -> Tensor:
    return torch.randn(n, FEATURES, generator=torch.Generator().manual_seed(1)).double()


def parameters_of(q: Distribution) -> Parameters:
    single = marginal_family(q)
    return {name: getattr(single, name).detach().numpy() for name in single.arg_constraints}


@pytest.mark.parametrize("name", choices("posterior"))
def test_shapes_and_finite_values(name: str) -> None:
    q = make(name)(features())
    assert (q.batch_shape, q.event_shape) == ((4,), (LATENT,))
    z = q.rsample((7,)) if q.has_rsample else q.sample((7,))
    assert z.shape == (7, 4, LATENT)
    assert q.log_prob(z).shape == (7, 4)
    assert q.log_prob(z).isfinite().all()
    assert mean_or_mode(q).shape == (4, LATENT)
    assert mean_or_mode(q).isfinite().all()


@pytest.mark.parametrize("name", WITNESSES)
def test_the_density_is_the_witness_s(name: str) -> None:
    q = make(name)(features())
    z = q.sample((50,))
    expected = WITNESSES[name](parameters_of(q)).logpdf(z.numpy())
    assert np.allclose(marginal_family(q).log_prob(z).detach().numpy(), expected, atol=1e-8)
    assert np.allclose(q.log_prob(z).detach().numpy(), expected.sum(-1), atol=1e-8)


@pytest.mark.parametrize("name", WITNESSES)
@pytest.mark.parametrize("method", ["sample", "rsample"])
def test_samples_follow_the_witness_s_cdf(name: str, method: str) -> None:
    q = make(name)(features(1))
    torch.manual_seed(2)
    z = getattr(q, method)((2000,))[:, 0].detach().numpy()  # (2000, D)
    uniform = WITNESSES[name](parameters_of(q)).cdf(z)
    for dimension in uniform.T:
        assert witness.kstest(dimension, "uniform").pvalue > 1e-4


@pytest.mark.parametrize("name", WITNESSES)
def test_samples_move_with_the_parameters_as_their_cdf_says(name: str) -> None:
    """F(z; λ) stays what it is along a reparameterised sample: dz/dλ = -∂F/∂λ / p(z), with ∂F/∂λ by differences."""
    q = make(name)(features())
    p = parameters_of(q)
    parameters = {k: torch.tensor(value, requires_grad=True) for k, value in p.items()}
    torch.manual_seed(3)
    family: Any = type(marginal_family(q))
    z = family(**parameters).rsample()
    density = WITNESSES[name](p).pdf(z.detach().numpy())
    for k, parameter in parameters.items():
        if k == "df" and name == "student_t":
            continue  # made of two noises: it moves so in expectation only, as the next test says
        (derivative,) = torch.autograd.grad(z.sum(), parameter, retain_graph=True)
        step = 1e-5
        above, below = ({**p, k: p[k] + sign * step} for sign in (1, -1))
        value = z.detach().numpy()
        change = (WITNESSES[name](above).cdf(value) - WITNESSES[name](below).cdf(value)) / (2 * step)
        # torch's implicit derivatives of gamma, beta and what is made of them are good to about 1e-4.
        assert np.allclose(derivative.numpy(), -change / density, rtol=2e-3, atol=1e-5), k


def test_expectations_under_student_t_move_with_its_degrees_of_freedom() -> None:
    df = torch.tensor(4.0, dtype=torch.float64, requires_grad=True)
    torch.manual_seed(0)
    values = torch.tanh(torch.distributions.StudentT(df.expand(400_000), 0.5, 2.0).rsample())
    (derivative,) = torch.autograd.grad(values.mean(), df)
    above, below = (witness.t(4 + step, 0.5, 2.0).expect(np.tanh) for step in (0.01, -0.01))
    assert derivative.item() == pytest.approx((above - below) / 0.02, abs=5e-4)


@pytest.mark.parametrize("name", ["dirichlet", "logistic_normal"])
def test_on_the_simplex(name: str) -> None:
    z = make(name)(features()).sample((100,))
    assert torch.allclose(z.sum(-1), torch.ones(100, 4).double())
    assert (z > 0).all()


@pytest.mark.parametrize("name", ["full_normal", "low_rank_normal"])
def test_gaussians_with_a_covariance(name: str) -> None:
    q: Any = make(name)(features(1))
    torch.manual_seed(0)
    z = q.rsample((200_000,))[:, 0]
    assert torch.allclose(z.mean(0), q.mean[0], atol=0.02)
    covariance = q.covariance_matrix[0]
    assert torch.allclose(torch.cov(z.T), covariance, atol=0.05)
    assert not torch.allclose(covariance, covariance.diag().diag(), atol=1e-3)
    expected = witness.multivariate_normal(q.mean[0].detach().numpy(), covariance.detach().numpy()).logpdf(
        z[:5].detach()
    )
    assert np.allclose(q.log_prob(z[:5].unsqueeze(1))[:, 0].detach(), expected)


def test_a_flow_s_density_is_that_of_its_samples() -> None:
    """E_q[1{z in box} / q(z)] is the area of the box, wherever the flow has mass."""
    torch.manual_seed(0)
    q = instantiate(part("posterior", "flow", 2), _convert_="all")(in_features=FEATURES).double()(features(1))
    middle = mean_or_mode(q)[0]
    with torch.no_grad():
        z = q.sample((20_000,))
        inside = ((z[:, 0] - middle).abs() < 0.5).all(-1)
        weights = torch.where(inside, (-q.log_prob(z)[:, 0]).exp(), 0.0)
    assert weights.mean().item() == pytest.approx(1, abs=5 * weights.std().item() / len(z) ** 0.5)


@pytest.mark.parametrize("family", [Logistic, Triangular, CentredUniform])
def test_location_scale_families_keep_their_promises(family: Any) -> None:
    q = family(torch.tensor([-1.0, 2.0]).double(), torch.tensor([0.3, 4.0]).double())
    u = torch.linspace(0.01, 0.99, 50).double().unsqueeze(1)
    assert torch.allclose(q.cdf(q.icdf(u)), u.expand(50, 2))
    assert torch.allclose(q.icdf(torch.tensor(0.5).double()), q.mean)
    torch.manual_seed(0)
    z = q.sample((400_000,))
    assert torch.allclose(z.var(0), q.variance, rtol=0.02)
    assert torch.allclose(-q.log_prob(z).mean(0), q.entropy(), atol=0.02)
    assert q.expand((5, 2)).log_prob(z[:5]).shape == (5, 2)
    assert isinstance(q.expand((5, 2)), family)
    if isinstance(q, LocationScale):
        assert torch.equal(q.mode, q.loc)
    with pytest.raises(ValueError, match="scale"):
        family(0.0, -1.0)


@pytest.mark.parametrize("family", [Beta, Kumaraswamy])
def test_samples_on_the_unit_interval_never_reach_its_ends(family: Any) -> None:
    q = family(torch.full((100_000,), 0.5), torch.full((100_000,), 0.05))
    for z in (q.sample(), q.rsample()):
        assert (z > 0).all()
        assert (z < 1).all()
        assert q.log_prob(z).isfinite().all()


def test_uniform_samples_never_reach_the_end_where_the_density_is_zero() -> None:
    q = CentredUniform(torch.full((4_000_000,), 3.0), 0.01)  # rounded to `high` some 20 times, if nothing is done
    torch.manual_seed(0)
    assert q.log_prob(q.rsample()).isfinite().all()


def test_bounds_and_fixed_parameters() -> None:
    torch.manual_seed(0)
    pareto = AmortizedPosterior(5, 3, torch.distributions.Pareto, {"alpha": 2}).double()
    assert (marginal_family(pareto(-100 * features())).alpha >= 2).all()  # type: ignore[attr-defined]
    fixed = AmortizedPosterior(5, 3, partial(torch.distributions.StudentT, df=torch.tensor(7.0))).double()
    assert (marginal_family(fixed(features())).df == 7).all()  # type: ignore[attr-defined]
    assert fixed.head.out_features == 6
    with pytest.raises(ValueError, match=r"at_least\.rate: expected one of scale, alpha|alpha, scale"):
        AmortizedPosterior(5, 3, torch.distributions.Pareto, {"rate": 2})
    with pytest.raises(ValueError, match="latent_dim=0"):
        AmortizedPosterior(5, 0, torch.distributions.Laplace)
