"""Every posterior for raw features of any size, and densities of large parameters against exact values."""

from math import inf, lgamma
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special as special
import scipy.stats as witness
import torch
from hydra.utils import instantiate
from torch import Tensor
from torch.distributions import Distribution, kl_divergence

from aevb.distributions import (
    Posterior,
    check_support,
    elementary_support,
    marginal_family,
    mean_or_mode,
    support_of,
)
from aevb.distributions.bounded import FREE, LIMIT, bounded
from aevb.distributions.families import (
    Beta,
    CentredUniform,
    Chi2,
    Dirichlet,
    Gamma,
    Kumaraswamy,
    LogisticNormal,
    Pareto,
    StudentT,
    Triangular,
    Weibull,
)
from aevb.distributions.families.log_one_minus_exp import log_one_minus_exp
from aevb.distributions.families.stirling import digamma_remainder, log_gamma_step, stirling_remainder
from aevb.losses import NoClosedForm
from aevb.losses.kl import closed_form_kl, log_ratio
from tests.conftest import choices, part
from tests.distributions.test_priors import FITTING

NEED_TWO = ["flow", "dirichlet", "logistic_normal"]  # a single latent is no simplex, and couples with nothing
SCALES = [("normal", "log_scale"), ("normal", "softplus")]
CASES: list[tuple[str, int, dict[str, str]]] = [
    (name, latent_dim, {})
    for name in choices("posterior")
    for latent_dim in (1, 3)
    if latent_dim > 1 or name not in NEED_TWO
] + [(name, 3, {"scale": scale}) for name, scale in SCALES]


def make(name: str, latent_dim: int, **options: Any) -> Posterior:
    torch.manual_seed(0)
    options = {**options, "latent_dim": latent_dim}  # in place of another composed configuration, which takes longer
    made: Posterior = instantiate(part("posterior", name, 3), _convert_="all", **options)(in_features=5)
    return made


def raw_features(posterior: Posterior, size: float, dtype: torch.dtype = torch.float32) -> Tensor:
    """0 and ±size in many combinations, and all alike: (n, P)."""
    width = posterior.head(torch.zeros(1, 5, dtype=dtype)).shape[1]
    any_signs = torch.randint(-1, 2, (100, width), generator=torch.Generator().manual_seed(5))
    alike = torch.tensor([[1], [-1]]).expand(2, width)
    half = torch.cat([torch.ones(width // 2), -torch.ones(width - width // 2)]).long()
    return (size * torch.cat([any_signs, alike, half[None], -half[None]])).to(dtype).requires_grad_()


def strictly_inside(q: Distribution, z: Tensor) -> bool:
    if support_of(q).simplex:
        return bool(((z > 0) & (z < 1)).all()) and torch.allclose(z.sum(-1), torch.ones_like(z[..., 0]), atol=1e-5)
    ends = elementary_support(q)
    low, high = getattr(ends, "lower_bound", -inf), getattr(ends, "upper_bound", inf)
    return bool(((z > low) & (z < high)).all())


def finite_with_gradient(value: Tensor, raw: Tensor) -> bool:
    (gradient,) = torch.autograd.grad(value.sum(), raw, retain_graph=True, allow_unused=True)
    return bool(value.isfinite().all()) and (gradient is None or bool(gradient.isfinite().all()))


@pytest.mark.parametrize("size", [0.0, 20.0, 80.0])
@pytest.mark.parametrize(("name", "latent_dim", "options"), CASES)
def test_raw_features_of_any_size_give_finite_numbers_inside_the_support(
    name: str, latent_dim: int, options: dict[str, str], size: float
) -> None:
    posterior = make(name, latent_dim, **options)
    for dtype in (torch.float32, torch.float64) if size else (torch.float32,):
        posterior = posterior.to(dtype)
        raw = raw_features(posterior, size, dtype)
        q = posterior.distribution(raw)  # with its parameters validated
        for z in (q.sample((10,)), q.rsample((10,))):
            assert z.isfinite().all()
            assert strictly_inside(q, z)
            assert finite_with_gradient(q.log_prob(z), raw)
        middle = mean_or_mode(q)
        assert finite_with_gradient(middle, raw)
        assert strictly_inside(q, middle)
        try:
            entropy = q.entropy()
        except NotImplementedError:
            continue
        assert finite_with_gradient(entropy, raw)


@pytest.mark.parametrize("size", [pytest.param(20.0, marks=pytest.mark.slow), 80.0])
@pytest.mark.parametrize("name", choices("posterior"))
def test_the_kl_of_raw_features_of_any_size_is_finite(name: str, size: float) -> None:
    posterior = make(name, 3)
    raw = raw_features(posterior, size)
    q = posterior.distribution(raw)
    z = q.rsample((5,))
    for prior in FITTING:
        # A coupling flow multiplies by up to e⁵ in each layer, which overflows far out.
        if prior in ("vamp", "flow") or name not in FITTING[prior] or (name == "cauchy") != (prior == "cauchy"):
            continue
        p = instantiate(part("prior", prior, 3), _convert_="all")()
        check_support(q, p)
        assert finite_with_gradient(log_ratio(q, p, z), raw), prior
        try:
            kl = closed_form_kl(q, p)
        except NoClosedForm:
            continue
        assert finite_with_gradient(kl, raw), prior
        assert (kl > -1e-2).all(), prior


@pytest.mark.parametrize("name", NEED_TWO)
def test_a_single_latent_is_refused_where_it_makes_no_sense(name: str) -> None:
    with pytest.raises(ValueError, match=r"latent_dim|at least 2 latent dimensions"):
        check_support(make(name, 1).distribution(torch.zeros(2, 1)), Dirichlet(torch.ones(1)))


def test_raw_features_of_ordinary_size_are_not_changed() -> None:
    ordinary = torch.linspace(-FREE, FREE, 1001)
    assert torch.equal(bounded(ordinary), ordinary)
    raw = torch.linspace(-200, 200, 4001).double().requires_grad_()
    values = bounded(raw)
    (slopes,) = torch.autograd.grad(values.sum(), raw)
    assert (values.diff() > 0).all()
    assert (values.abs() < LIMIT).all()
    assert (slopes > 0).all()
    assert (slopes.diff().abs() < 0.02).all()  # smooth
    assert torch.equal(values, -bounded(-raw))


@pytest.mark.parametrize("name", ["uniform", "triangular"])
def test_an_interval_that_rounding_would_close_has_numbers_in_it(name: str) -> None:
    family: Any = {"uniform": CentredUniform, "triangular": Triangular}[name]
    loc = torch.tensor([80.0, -80.0, 3.0, 0.0]).repeat(1000, 1)
    q = family(loc, torch.tensor(1e-7), validate_args=True)
    z = q.rsample()
    assert (z - loc).abs().amax(0).gt(0).all()
    assert q.log_prob(z).isfinite().all()
    assert torch.allclose(family(loc, 0.5).scale, torch.tensor(0.5), rtol=1e-6)  # others are as they were


LARGE = [0.7, 3.0, 1e2, 1e4, 1e6]


def relative_error(actual: Tensor, expected: np.ndarray) -> float:
    return float(np.abs(actual.double().numpy() - expected).max() / (1 + np.abs(expected).max()))


@pytest.mark.parametrize("a", LARGE)
@pytest.mark.parametrize(("dtype", "precision"), [(torch.float32, 2e-3), (torch.float64, 1e-8)])
def test_densities_of_large_parameters_are_scipy_s(a: float, dtype: torch.dtype, precision: float) -> None:
    torch.manual_seed(0)
    one = torch.ones(200, dtype=dtype)
    cases: list[tuple[Any, Any]] = [
        (Gamma(a * one, 3 * one), witness.gamma(a, scale=1 / 3)),
        (Chi2(a * one), witness.chi2(a)),
        (Beta(a * one, 2 * one), witness.beta(a, 2)),
        (Beta(a * one, a * one), witness.beta(a, a)),
        (StudentT(a * one, 0 * one, one), witness.t(a)),
        (Pareto(one, a * one), witness.pareto(a)),
        (Weibull(one, one + 0.7), witness.weibull_min(1 + float(one[0]) * 0.7)),
    ]
    for q, expected in cases:
        z = q.sample()
        # scipy's own differences of large numbers are good to 1e-16 of these.
        assert relative_error(q.log_prob(z), expected.logpdf(z.double().numpy())) < precision + 1e-15 * a * 20, q
    for q, expected in cases[:4]:
        assert relative_error(q.entropy()[:1], expected.entropy()) < precision, q
    concentration = torch.tensor([a, 2 * a, 0.6], dtype=dtype)
    q, exact = Dirichlet(concentration), witness.dirichlet(concentration.double().numpy())
    z = q.sample((200,)).double()
    z = z / z.sum(-1, keepdim=True)
    assert relative_error(q.log_prob(z.to(dtype)), exact.logpdf(z.T.numpy())) < 5 * precision
    assert relative_error(q.entropy()[None], np.array([exact.entropy()])) < precision


@pytest.mark.parametrize("a", LARGE)
@pytest.mark.parametrize("b", LARGE)
def test_kumaraswamy_is_exact_in_single_precision(a: float, b: float) -> None:
    """Against 60 digits, at samples, at both ends and at the mean."""
    concentration1, concentration0 = torch.tensor(a), torch.tensor(b)
    q = Kumaraswamy(concentration1, concentration0)
    torch.manual_seed(0)
    z = torch.cat([q.sample((20,)), torch.tensor([1e-30, 1e-3, 0.999, 1 - 2**-24])])
    exact_a, exact_b = mpmath.mpf(concentration1.item()), mpmath.mpf(concentration0.item())
    with mpmath.workdps(60):
        values = [mpmath.mpf(value) for value in z.tolist()]
        expected = [
            mpmath.log(exact_a * exact_b) + (exact_a - 1) * mpmath.log(v) + (exact_b - 1) * mpmath.log1p(-(v**exact_a))
            for v in values
        ]
        mean = exact_b * mpmath.beta(1 + 1 / exact_a, exact_b)
    found = q.log_prob(z)
    assert found.isfinite().all()
    assert torch.allclose(found.double(), torch.tensor([float(e) for e in expected]).double(), rtol=3e-5, atol=2e-5)
    assert q.mean.item() == pytest.approx(float(mean), rel=1e-5)


def test_kumaraswamy_samples_are_quantiles() -> None:
    """F(z) = 1 - (1 - zᵃ)ᵇ = 1 - u, where F would not be told from 1 or 0 if powers were taken from 1."""
    a, b = torch.tensor([3e6, 0.6, 200.0]), torch.tensor([0.6, 3e6, 2e4])
    torch.manual_seed(0)
    z = Kumaraswamy(a.double(), b.double()).sample((4000,))
    log_below = b.double() * log_one_minus_exp(a.double() * z.log())  # log(1 - F)
    for dimension in log_below.exp().numpy().T:
        assert witness.kstest(dimension, "uniform").pvalue > 1e-3
    torch.manual_seed(0)
    assert (Kumaraswamy(a, b).sample((4000,)).std(0) > 0).all()  # in float32, too


def test_stick_breaking_in_logarithms() -> None:
    """log p(z) against 60 digits near corners of the simplex, and torch's own away from them."""
    loc, scale = torch.tensor([9.0, -7.0]), torch.tensor([0.5, 2.0])
    torch.manual_seed(0)
    q = LogisticNormal(loc, scale)
    z = q.sample((20,))
    with mpmath.workdps(60):
        expected = []
        for value in z.tolist():
            pieces = [mpmath.mpf(part) for part in value]
            y = [mpmath.log(pieces[j]) - mpmath.log(sum(pieces[j + 1 :])) + mpmath.log(2 - j) for j in range(2)]
            log_q = -sum(mpmath.log(part) for part in pieces)
            for v, m, s in zip(y, loc.tolist(), scale.tolist(), strict=True):
                log_q += -(((v - m) / s) ** 2) / 2 - mpmath.log(s) - mpmath.log(2 * mpmath.pi) / 2
            expected.append(float(log_q))
    assert torch.allclose(q.log_prob(z), torch.tensor(expected), rtol=1e-5, atol=1e-5)
    ours, theirs = (
        family(loc.double() / 9, scale.double()) for family in (LogisticNormal, torch.distributions.LogisticNormal)
    )
    torch.manual_seed(0)
    z = ours.sample((100,))
    torch.manual_seed(0)
    assert torch.allclose(z, theirs.sample((100,)))
    assert torch.allclose(ours.log_prob(z), theirs.log_prob(z))


@pytest.mark.parametrize("a", LARGE)
def test_closed_forms_of_large_concentrations(a: float) -> None:
    """In float32 those of torch in float64, which are good to 1e-16 of the numbers that they are differences of."""
    pairs: list[tuple[Any, Any, list[float], list[float]]] = [
        (Gamma, torch.distributions.Gamma, [a, 2.0], [2.0, 1.0]),
        (Gamma, torch.distributions.Normal, [a, 2.0], [0.5, 3.0]),
        (Beta, torch.distributions.Beta, [a, 3.0], [2.0, 2.0]),
        (Beta, torch.distributions.Beta, [a, 0.6], [0.5, 2.0]),
        (Beta, torch.distributions.Uniform, [a, 5.0], [0.0, 1.0]),
    ]
    for q_family, p_family, q, p in pairs:
        parent = getattr(torch.distributions, q_family.__name__)
        theirs = kl_divergence(
            parent(*(torch.tensor(v).double() for v in q)), p_family(*(torch.tensor(v).double() for v in p))
        )
        ours = kl_divergence(q_family(*map(torch.tensor, q)), p_family(*map(torch.tensor, p)))
        assert ours.item() == pytest.approx(theirs.item(), rel=1e-5, abs=1e-5), (q_family, p_family)
    concentration, flat = torch.tensor([a, 0.7, 3.0]), torch.tensor([1.0, 1.0, 2.0])
    theirs = kl_divergence(*(torch.distributions.Dirichlet(c.double()) for c in (concentration, flat)))
    ours = kl_divergence(Dirichlet(concentration), torch.distributions.Dirichlet(flat))
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5, abs=1e-5)


def test_special_functions_against_scipy_and_mpmath() -> None:
    x = np.geomspace(0.01, 1e6, 301)
    t = torch.tensor(x)
    assert np.allclose(digamma_remainder(t).numpy(), special.digamma(x) - np.log(x), rtol=1e-9, atol=1e-11)
    with mpmath.workdps(40):
        for h in (0.5, 1.0, 2.0):
            step = [
                float(mpmath.loggamma(mpmath.mpf(v) + h) - mpmath.loggamma(mpmath.mpf(v)) - h * mpmath.log(v))
                for v in x.tolist()
            ]
            assert np.allclose(log_gamma_step(t, h).numpy(), step, rtol=1e-9, atol=1e-11)
        w = [-1e-30, -1e-8, -0.1, -0.6931, -0.6932, -1.0, -30.0, -700.0]
        expected = [float(mpmath.log1p(-mpmath.exp(v))) for v in w]
    assert np.allclose(log_one_minus_exp(torch.tensor(w, dtype=torch.float64)).numpy(), expected, rtol=1e-12)
    assert stirling_remainder(torch.tensor(1.0).double()).item() == pytest.approx(
        lgamma(1) + 1 - np.log(2 * np.pi) / 2, abs=1e-12
    )


def outside_of(q: Distribution) -> list[Tensor]:
    """Points outside the support, in the shape of a sample; none if it is everything."""
    z = q.sample()
    if support_of(q).simplex:
        corner = torch.tensor([1.0, 0.0, 0.0], dtype=z.dtype).expand_as(z)
        return [1.5 * z, torch.zeros_like(z), -z, torch.full_like(z, 1e6), corner]
    ends = elementary_support(q)
    points = []
    for name, sign in (("lower_bound", -1), ("upper_bound", 1)):
        if (end := getattr(ends, name, None)) is not None:
            end = torch.as_tensor(end, dtype=z.dtype)
            points += [(end + sign * distance * (1 + end.abs())).expand_as(z) for distance in (1e-3, 1.0, 1e10)]
    return points


@pytest.mark.parametrize("size", [pytest.param(20.0, marks=pytest.mark.slow), 80.0])
@pytest.mark.parametrize("name", choices("posterior"))
def test_densities_are_zero_outside_the_support_whatever_the_parameters(name: str, size: float) -> None:
    Distribution.set_default_validate_args(False)  # as in training
    posterior = make(name, 3)
    raw = raw_features(posterior, size)
    q = posterior.distribution(raw)
    for value in outside_of(q):
        log_q = q.log_prob(value)
        assert (log_q == -inf).all()
        (gradient,) = torch.autograd.grad(log_q.sum(), raw, retain_graph=True, allow_unused=True)
        assert gradient is None or gradient.isfinite().all()


EXTREME: dict[str, list[dict[str, float]]] = {  # parameters of a prior
    "gamma": [{"concentration": c, "rate": r} for c in (1e-3, 1e6) for r in (1e-6, 1e6)],
    "beta": [{"concentration1": a, "concentration0": b} for a in (1e-3, 1e6) for b in (1e-3, 1e6)],
    "dirichlet": [{"concentration": c} for c in (1e-3, 1e6)],
    "uniform": [{"low": -1e6, "high": 1e6}, {"low": 2.0, "high": 2.001}],
}


@pytest.mark.parametrize("name", ["beta", "dirichlet", "gamma", "uniform"])
def test_priors_are_zero_outside_their_support(name: str) -> None:
    Distribution.set_default_validate_args(False)
    for parameters in [{}, *EXTREME[name]]:
        p = instantiate(part("prior", name, 3), _convert_="all", **({"parameters": parameters} if parameters else {}))()
        points = outside_of(p)
        assert points
        for value in points:
            value = value.clone().requires_grad_()
            log_p = p.log_prob(value)
            assert (log_p == -inf).all()
            if log_p.requires_grad:
                (gradient,) = torch.autograd.grad(log_p.sum(), value)
                assert gradient.isfinite().all()


def test_priors_not_here_are_on_all_real_numbers() -> None:
    for name in choices("prior"):
        if name not in EXTREME and name != "vamp":
            p = instantiate(part("prior", name, 3), _convert_="all")()
            assert support_of(p).low == -inf
            assert support_of(p).high == inf


def test_a_vamp_prior_of_posteriors_with_a_support_is_zero_outside_it() -> None:
    Distribution.set_default_validate_args(False)
    for name in ("gamma", "beta", "dirichlet", "kumaraswamy"):
        posterior = make(name, 3)
        p = instantiate(part("prior", "vamp", 3), _convert_="all")(
            posterior_of=posterior, image_shape=(5,), num_components=4
        )()
        assert (p.log_prob(torch.tensor([0.5, -0.5, 1.0])) == -inf).all()
        assert marginal_family(p) is p
