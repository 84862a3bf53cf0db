"""Every posterior on disk: shapes, densities and samples against scipy's, and the derivatives of its samples."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import inf
from typing import Any

import numpy as np
import pytest
import scipy.special as special
import scipy.stats as witness
import torch
from hydra.utils import instantiate
from torch import Tensor
from torch.distributions import Distribution, biject_to, constraints

from aevb.distributions import (
    AmortizedPosterior,
    Posterior,
    elementary_support,
    marginal_family,
    mean_or_mode,
    support_of,
)
from aevb.distributions.families import (
    Beta,
    CentredUniform,
    Dirichlet,
    Erlang,
    Exponential,
    Gamma,
    Gompertz,
    Kumaraswamy,
    LocationScale,
    Logistic,
    MultivariateStudentT,
    Rayleigh,
    Reciprocal,
    Triangular,
)
from aevb.distributions.families.exponential_integral import log_exponential_integral
from aevb.distributions.families.log_softplus import log_softplus
from aevb.distributions.families.stirling import stirling_remainder
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
    "rayleigh": lambda p: witness.rayleigh(scale=p["scale"]),
    "gompertz": lambda p: witness.gompertz(p["rate"] / p["growth"], scale=1 / p["growth"]),
    "reciprocal": lambda p: witness.loguniform(p["low"], p["low"] + p["width"]),
    "erlang": lambda p: witness.gamma(3, scale=1 / p["rate"]),
    "f": lambda p: witness.f(p["df1"], p["df2"]),
}
OF_TWO_NOISES = {"student_t": ("df",), "f": ("df1", "df2")}  # parameters that move a sample by more than its CDF
FEATURES, LATENT = 5, 3


def make(name: str) -> Posterior:
    torch.manual_seed(0)
    posterior: Posterior = instantiate(part("posterior", name, LATENT), _convert_="all")(in_features=FEATURES).double()
    return posterior


def features(n: int = 4) -> Tensor:
    return torch.randn(n, FEATURES, generator=torch.Generator().manual_seed(1)).double()


def family_of(posterior: Posterior) -> Callable[..., Distribution]:
    """What makes a member from its learned parameters."""
    return posterior.family if isinstance(posterior, AmortizedPosterior) else torch.distributions.Normal


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
    z = family_of(make(name))(**parameters).rsample()
    density = WITNESSES[name](p).pdf(z.detach().numpy())
    for k, parameter in parameters.items():
        if k in OF_TWO_NOISES.get(name, ()):
            continue  # it moves so in expectation only, as a test below says
        (derivative,) = torch.autograd.grad(z.sum(), parameter, retain_graph=True)
        step = 1e-5
        above, below = ({**p, k: p[k] + sign * step} for sign in (1, -1))
        value = z.detach().numpy()
        change = (WITNESSES[name](above).cdf(value) - WITNESSES[name](below).cdf(value)) / (2 * step)
        # torch's implicit derivatives of gamma, beta and what is made of them are good to about 1e-4.
        assert np.allclose(derivative.numpy(), -change / density, rtol=2e-3, atol=1e-5), k


def expectations(q: Distribution, f: Callable[[Tensor], Tensor]) -> Tensor:
    """∫ f(z) q(z) dz by the trapezoidal rule over v, z = z(sinh v), in the batch shape of q."""
    support: Any = q.support
    v = torch.linspace(-1, 1, 4001).double() * (30 if support is constraints.real else 5)
    v = v.reshape(-1, *[1] * len(q.batch_shape)).expand(-1, *q.batch_shape)
    to_support = biject_to(support)
    z = to_support(v.sinh())
    log_weights = to_support.log_abs_det_jacobian(v.sinh(), z) + v.cosh().log()
    return torch.trapezoid(f(z) * (q.log_prob(z) + log_weights).exp(), v, dim=0)


@pytest.mark.parametrize("name", WITNESSES)
def test_densities_integrate_to_one(name: str) -> None:
    one = expectations(marginal_family(make(name)(features())), torch.ones_like)
    assert torch.allclose(one, torch.ones_like(one), atol=3e-4)


@pytest.mark.parametrize("name", WITNESSES)
def test_expectations_move_with_the_parameters_as_an_integral_does(name: str) -> None:
    """The mean derivative of tanh z along reparameterised samples is that of ∫ tanh z q(z) dz, by differences."""
    posterior = make(name)
    p = {k: torch.tensor(value)[0] for k, value in parameters_of(posterior(features(1))).items()}
    repeated = {k: value.expand(20_000, LATENT).clone().requires_grad_() for k, value in p.items()}
    torch.manual_seed(4)
    values = torch.tanh(family_of(posterior)(**repeated).rsample())
    derivatives = torch.autograd.grad(values.sum(), list(repeated.values()))  # of each sample alone
    step = 1e-4
    for k, derivative in zip(p, derivatives, strict=True):
        above, below = (expectations(family_of(posterior)(**{**p, k: p[k] + s}), torch.tanh) for s in (step, -step))
        expected = (above - below) / (2 * step)
        standard_error = derivative.std(0) / len(derivative) ** 0.5
        assert ((derivative.mean(0) - expected).abs() < 5 * standard_error + 2e-4).all(), k


@pytest.mark.parametrize("name", WITNESSES)
def test_means_and_entropies_are_the_witness_s(name: str) -> None:
    q = make(name)(features(1))
    single, expected = marginal_family(q), WITNESSES[name](parameters_of(q))
    assert np.allclose(single.mean.detach().numpy(), expected.mean(), equal_nan=True)
    with suppress(NotImplementedError):
        assert np.allclose(single.entropy().detach().numpy(), expected.entropy())


@pytest.mark.parametrize("name", choices("posterior"))
def test_densities_are_zero_outside_their_support(name: str) -> None:
    Distribution.set_default_validate_args(False)  # as in training
    posterior = make(name)
    q = posterior(features())
    support: Any = elementary_support(q)
    z = q.sample()
    if support_of(q).simplex:
        outside = [1.5 * z, z - torch.tensor([1.0, -1.0, 0.0]), torch.zeros_like(z)]
    elif support is constraints.real:
        return
    else:
        ends = [(end, sign) for name, sign in (("lower_bound", -1), ("upper_bound", 1))
                if (end := getattr(support, name, None)) is not None]  # fmt: skip
        far = [end + sign * distance for end, sign in ends for distance in (1e-3, 1.0, 1e6)]
        first = torch.tensor([True, False, False])
        outside = [torch.where(first, value, z) for value in far] + [z + (value - z) for value in far]
    for value in outside:
        log_q = q.log_prob(value)
        assert (log_q == -inf).all()
        gradients = torch.autograd.grad(log_q.sum(), list(posterior.head.parameters()), retain_graph=True)
        assert all(gradient.isfinite().all() for gradient in gradients)
    assert q.log_prob(z).isfinite().all()


@pytest.mark.parametrize("name", ["rayleigh", "gompertz", "reciprocal", "erlang", "f", "elliptical"])
@pytest.mark.parametrize("size", [20.0, 80.0])
def test_raw_parameters_of_any_size_stay_finite_in_single_precision(name: str, size: float) -> None:
    posterior = make(name).float()
    torch.manual_seed(5)
    width = posterior.head(features().float()).shape[1]
    raw = torch.tensor([-size, 0.0, size])[torch.randint(3, (300, width))].requires_grad_()
    q = posterior.distribution(raw)
    z = q.rsample((10,))
    assert z.isfinite().all()
    assert elementary_support(q).check(z).all()
    assert elementary_support(q).check(mean_or_mode(q)).all()
    assert mean_or_mode(q).isfinite().all()
    log_q = q.log_prob(z)
    assert log_q.isfinite().all()
    (gradient,) = torch.autograd.grad(log_q.sum() + torch.tanh(z).sum(), raw)
    assert gradient.isfinite().all()
    # The same numbers in double precision.
    single = marginal_family(q)
    family: Any = type(single) if name == "elliptical" else family_of(posterior)
    precise = family(**{k: getattr(single, k).detach().double() for k in single.arg_constraints}, validate_args=False)
    expected = precise.log_prob(z.detach().double()).reshape(10, 300, -1).sum(-1)
    known = expected.isfinite()  # z may be an end of the support that double precision rounds to another side
    assert known.double().mean() > 0.9
    assert torch.allclose(log_q.detach().double()[known], expected[known], rtol=1e-3, atol=0.02)


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


def test_elliptical_samples_and_densities_are_the_multivariate_t_s() -> None:
    q: Any = make("elliptical")(features(1))
    df, mean, cholesky = (parameter[0].detach() for parameter in (q.df, q.loc, q.scale_tril))
    matrix = (cholesky @ cholesky.T).numpy()
    assert not np.allclose(matrix, np.diag(np.diag(matrix)), atol=1e-3)
    torch.manual_seed(0)
    z = q.sample((2000,))[:, 0]
    expected = witness.multivariate_t(mean.numpy(), matrix, float(df)).logpdf(z.numpy())
    assert np.allclose(q.log_prob(z.unsqueeze(1))[:, 0].detach(), expected)
    t = torch.linalg.solve_triangular(cholesky, (z - mean).T, upper=False)  # (D, n)
    along = torch.tensor([1.0, 2.0, -1.0]).double()
    squared = (along @ cholesky).square().sum()
    assert witness.kstest(t.square().mean(0).numpy(), witness.f(LATENT, float(df)).cdf).pvalue > 1e-4
    assert witness.kstest((t[0] / t[1]).numpy(), witness.cauchy.cdf).pvalue > 1e-4  # any direction is as likely
    assert witness.kstest(((z - mean) @ along / squared.sqrt()).numpy(), witness.t(float(df)).cdf).pvalue > 1e-4
    assert torch.allclose(q.covariance_matrix[0], cholesky @ cholesky.T * df / (df - 2))
    assert q.expand((5, 1)).log_prob(z[:5].unsqueeze(1)).shape == (5, 1)


def test_elliptical_expectations_move_with_the_parameters_as_an_integral_does() -> None:
    p = {"df": 3.0, "loc": [0.2, -0.3], "scale_tril": [[0.8, 0.0], [-0.5, 0.6]]}
    member: Callable[..., Distribution] = MultivariateStudentT

    def f(z: Tensor) -> Tensor:
        return torch.tanh(z[..., 0] - z[..., 1] / 2)

    def expectation(q: Distribution) -> Tensor:
        v = torch.linspace(-12, 12, 401).double()
        z = torch.cartesian_prod(v.sinh(), v.sinh())
        weights = torch.cartesian_prod(v.cosh(), v.cosh()).prod(-1) * (v[1] - v[0]) ** 2
        return (f(z) * q.log_prob(z).exp() * weights).sum()

    leaves = {k: torch.tensor(value).double().requires_grad_() for k, value in p.items()}
    expected = torch.autograd.grad(expectation(member(**leaves)), list(leaves.values()))
    repeated = {k: leaf.detach().expand(50_000, *leaf.shape).clone().requires_grad_() for k, leaf in leaves.items()}
    torch.manual_seed(0)
    derivatives = torch.autograd.grad(f(member(**repeated).rsample()).sum(), list(repeated.values()))
    for k, derivative, integral in zip(p, derivatives, expected, strict=True):
        standard_error = derivative.std(0) / len(derivative) ** 0.5
        difference = (derivative.mean(0) - integral).abs()
        assert (difference.tril() if k == "scale_tril" else difference).le(5 * standard_error + 1e-6).all(), k


def test_many_degrees_of_freedom_make_a_normal() -> None:
    loc, cholesky = torch.tensor([1.0, -1.0]), torch.tensor([[1.0, 0.0], [0.5, 2.0]])
    normal = torch.distributions.MultivariateNormal(loc, scale_tril=cholesky)
    torch.manual_seed(0)
    z = MultivariateStudentT(torch.tensor(1e30), loc, cholesky).sample((100,))
    for df in (1e8, 1e15, 1e30):
        assert torch.allclose(MultivariateStudentT(torch.tensor(df), loc, cholesky).log_prob(z), normal.log_prob(z))


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


@pytest.mark.parametrize(
    "q",
    [Rayleigh(torch.tensor([0.3, 4.0]).double()), Erlang(torch.tensor([0.3, 4.0]).double(), shape=2),
     Gompertz(torch.tensor([0.3, 4.0]).double(), torch.tensor([2.0, 9.0]).double()),
     Reciprocal(torch.tensor([0.3, 4.0]).double(), torch.tensor([50.0, 0.1]).double())],
)  # fmt: skip
def test_families_above_zero_keep_their_promises(q: Any) -> None:
    u = torch.linspace(0.01, 0.99, 50).double().unsqueeze(1)
    if not isinstance(q, Erlang):  # which has no closed form of F⁻¹
        assert torch.allclose(q.cdf(q.icdf(u)), u.expand(50, 2))
    assert (q.log_prob(q.mode) >= q.log_prob(q.sample((100,)))).all()
    assert q.expand((5, 2)).log_prob(q.sample((5,))).shape == (5, 2)
    assert isinstance(q.expand((5, 2)), type(q))
    with pytest.raises(ValueError, match="invalid values"):
        type(q)(*[-torch.ones(2)] * len(q.arg_constraints))


def test_an_erlang_of_shape_1_is_an_exponential() -> None:
    rate = torch.tensor([0.3, 4.0]).double()
    z = torch.tensor([[0.1], [2.0]]).double()
    assert torch.allclose(Erlang(rate, 1).log_prob(z), Exponential(rate).log_prob(z))
    assert torch.distributions.kl_divergence(Erlang(rate, 3), Gamma(torch.tensor(3.0), rate)).abs().max() < 1e-6
    with pytest.raises(ValueError, match=r"shape=2\.5: expected a whole number of at least 1"):
        Erlang(rate, 2.5)  # type: ignore[arg-type]


def test_arguments_are_validated_still_and_nan_stays_nan() -> None:
    with pytest.raises(ValueError, match="within the support"):
        Gamma(torch.ones(2), torch.ones(2)).log_prob(-torch.ones(2))
    nan = torch.tensor([torch.nan, 0.5])
    assert Gamma(torch.ones(2), torch.ones(2), validate_args=False).log_prob(nan).isnan().tolist() == [True, False]
    assert Dirichlet(torch.ones(2), validate_args=False).log_prob(nan).isnan()


def test_special_functions_against_scipy_s() -> None:
    y = np.linspace(-50, 50, 301)
    assert np.allclose(log_softplus(torch.tensor(y)).numpy(), np.log(np.log1p(np.exp(y))), rtol=1e-12)
    assert torch.equal(log_softplus(torch.tensor([-1e3, 1e3])), torch.tensor([-1e3, np.log(1e3)]).float())
    x = np.geomspace(1e-30, 600, 301)
    expected = np.log(x) + x + np.log(special.exp1(x))
    assert np.allclose(log_exponential_integral(torch.tensor(np.log(x))).numpy(), expected, rtol=0, atol=1e-11)
    assert log_exponential_integral(torch.tensor(200.0)).abs() < 1e-6
    x = np.geomspace(0.01, 1e3, 301)
    expected = special.gammaln(x) - ((x - 0.5) * np.log(x) - x + np.log(2 * np.pi) / 2)
    assert np.allclose(stirling_remainder(torch.tensor(x)).numpy(), expected, rtol=0, atol=1e-11)


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
