"""Every prior on disk is a normalised density, and refuses posteriors that leave its support."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch.distributions import Distribution, Independent, Normal, kl_divergence

from aevb.distributions import FixedPrior, MixturePrior, SupportMismatch, VampPrior, check_support, marginal_family
from aevb.losses import NoClosedForm
from aevb.losses.kl import closed_form_kl, log_ratio
from aevb.models import VAE
from tests.conftest import part

Configure = Callable[..., DictConfig]
SIMPLEX = ["dirichlet", "logistic_normal"]
UNIT = ["beta", "kumaraswamy"]
POSITIVE = ["exponential", "weibull", "pareto", "log_normal", "gamma", "chi2", "rayleigh", "gompertz", "reciprocal",
            "erlang", "f"]  # fmt: skip
MOVING = ["uniform", "triangular", "pareto", "reciprocal"]  # their support depends on their parameters
REAL = ["normal", "full_normal", "low_rank_normal", "elliptical", "flow", "laplace", "logistic", "student_t", "cauchy",
        "gumbel", "uniform", "triangular"]  # fmt: skip
POSTERIORS = [*REAL, *POSITIVE, *UNIT, *SIMPLEX]
FITTING = {  # by prior
    "dirichlet": SIMPLEX,
    "beta": UNIT,
    "uniform": UNIT,
    "gamma": POSITIVE + UNIT,
    **dict.fromkeys(["standard_normal", "normal", "laplace", "cauchy", "mixture", "flow"], REAL + POSITIVE + UNIT),
    "vamp": [name for name in POSTERIORS if name not in MOVING],
}
PAIRS = [(posterior, prior) for prior in FITTING for posterior in POSTERIORS]


def build(configure: Configure, *overrides: str) -> VAE:
    cfg = configure("data=digits", "latent_dim=3", "encoder.hidden_sizes=[8]", "decoder.hidden_sizes=[8]", *overrides)
    torch.manual_seed(0)
    model: VAE = instantiate(cfg.model, _convert_="all")
    return model.double()


def pair(posterior: str, prior: str) -> tuple[Distribution, Distribution]:
    """q(z|x) of four images of 5 pixels, which are their own features, and p(z)."""
    torch.manual_seed(0)
    posterior_of = instantiate(part("posterior", posterior, 3), _convert_="all")(in_features=5).double()
    p = instantiate(part("prior", prior, 3), _convert_="all")
    if prior == "vamp":
        p = p(posterior_of=posterior_of, image_shape=(5,), num_components=4)
    return posterior_of(torch.randn(4, 5).double()), p.double()()


@pytest.mark.parametrize(("posterior", "prior"), PAIRS)
def test_pairs_fit_or_are_refused_in_one_line(posterior: str, prior: str) -> None:
    q, p = pair(posterior, prior)
    if posterior not in FITTING[prior]:
        with pytest.raises(SupportMismatch, match=r"lives on .* and the prior, .*, on ") as error:
            check_support(q, p)
        assert "\n" not in str(error.value)
        return
    check_support(q, p)
    assert p.event_shape == (3,) == q.event_shape
    z = q.rsample(torch.Size((1_000,)))
    ratio = log_ratio(q, p, z).sum(-1)  # (L, B)
    assert torch.allclose(ratio[:9], q.log_prob(z[:9]) - p.log_prob(z[:9]))
    with suppress(NoClosedForm):  # no closed form
        # Where there is one, it is the expectation of the other estimator.
        kl = closed_form_kl(q, p).sum(-1)
        standard_error = ratio.std(0) / len(z) ** 0.5
        assert ((ratio.mean(0) - kl).abs() < 5 * standard_error + 1e-9).all()


@pytest.mark.parametrize("prior", ["standard_normal", "normal", "laplace", "mixture", "flow"])
def test_a_cauchy_posterior_needs_tails_as_heavy(configure: Configure, prior: str) -> None:
    with pytest.raises(InstantiationException, match=r"Cauchy, has tails so heavy that KL.* is infinite"):
        build(configure, "posterior=cauchy", f"prior={prior}", "loss=sgvb_a")


@pytest.mark.parametrize(
    ("options", "prior"),
    [
        (["posterior=student_t", "posterior.at_least.df=2"], "standard_normal"),
        (["posterior=student_t", "posterior.at_least.df=1"], "laplace"),
        (["posterior=pareto", "posterior.at_least.alpha=1"], "gamma"),
        (["posterior=pareto", "posterior.at_least.alpha=2"], "normal"),
        (["posterior=f", "posterior.at_least.df2=4"], "mixture"),
    ],
)
def test_tails_that_just_suffice(configure: Configure, options: list[str], prior: str) -> None:
    """And those that are heavier, whatever the parameters begin with, are refused."""
    build(configure, *options, f"prior={prior}", "loss=sgvb_a")
    name, _, least = options[1].partition("=")
    with pytest.raises(InstantiationException, match="tails so heavy that"):
        build(configure, options[0], f"{name}={0.9 * float(least)}", f"prior={prior}", "loss=sgvb_a")
    build(configure, options[0], f"{name}={0.9 * float(least)}", "prior=cauchy", "loss=sgvb_a")


@pytest.mark.parametrize("df", [0.8, 2.0])
def test_degrees_of_freedom_that_are_not_learned(configure: Configure, df: float) -> None:
    with pytest.raises(InstantiationException, match="tails so heavy that"):
        build(configure, "posterior=student_t", f"+posterior.family.df={df}", "~posterior.at_least", "loss=sgvb_a")


@pytest.mark.parametrize("prior", ["cauchy", "vamp"])
def test_a_cauchy_posterior_with_such_a_prior(configure: Configure, prior: str) -> None:
    model = build(configure, "posterior=cauchy", f"prior={prior}", "loss=sgvb_a")
    assert model.terms(torch.rand(2, 1, 8, 8).double())["loss"].isfinite().all()


def test_some_closed_forms_are_known(configure: Configure) -> None:
    for posterior, prior in [("normal", "standard_normal"), ("full_normal", "standard_normal"),
                             ("low_rank_normal", "standard_normal"), ("gamma", "gamma"), ("beta", "uniform"),
                             ("dirichlet",) * 2, ("uniform", "standard_normal"), ("cauchy",) * 2, ("normal",) * 2,
                             ("full_normal", "normal"), ("erlang", "gamma")]:  # fmt: skip
        model = build(configure, f"posterior={posterior}", f"prior={prior}")
        assert model.terms(torch.rand(2, 1, 8, 8).double())["loss"].isfinite().all()


def test_the_full_covariance_kl_is_the_diagonal_one_for_a_diagonal() -> None:
    mean, scale = torch.randn(4, 3).double(), torch.rand(4, 3).double() + 0.1
    prior = Independent(Normal(torch.randn(3).double(), torch.rand(3).double() + 0.5), 1)
    diagonal = kl_divergence(Independent(Normal(mean, scale), 1), prior)
    full = torch.distributions.MultivariateNormal(mean, scale_tril=scale.diag_embed())
    assert torch.allclose(kl_divergence(full, prior), diagonal)


@pytest.mark.parametrize("prior", [name for name in FITTING if name != "dirichlet"])
def test_priors_integrate_to_one(configure: Configure, prior: str) -> None:
    posterior = "beta" if prior == "uniform" else "normal" if prior in ("vamp", "flow", "mixture") else None
    posterior = posterior or next(name for name in FITTING[prior] if name != "flow")
    model = build(configure, f"posterior={posterior}", f"prior={prior}", "latent_dim=2", "loss=sgvb_a")
    torch.manual_seed(1)
    with torch.no_grad():
        p = model.prior()
        z = p.sample(torch.Size((20_000,)))
        middle = z.median(0).values
        # E_p[1{z in box} / p(z)] is the area of the box where p has mass.
        inside = ((z - middle).abs() < 0.2).all(-1)
        weights = torch.where(inside, (-p.log_prob(z)).exp(), 0.0)
    assert weights.mean().item() == pytest.approx(0.16, abs=5 * weights.std().item() / len(z) ** 0.5)


def test_a_mixture_is_the_weighted_sum_of_its_components() -> None:
    prior = MixturePrior(2, num_components=3).double()
    prior.logits.data = torch.tensor([0.0, 1.0, -1.0]).double()
    z = torch.randn(5, 2).double()
    weights = prior.logits.softmax(0)
    density = sum(
        w * Normal(m, s.exp()).log_prob(z).sum(-1).exp()
        for w, m, s in zip(weights, prior.means, prior.log_scales, strict=True)
    )
    assert torch.allclose(prior().log_prob(z).exp(), torch.as_tensor(density))


def test_vamp_is_the_mean_of_the_posteriors_of_its_inputs(configure: Configure) -> None:
    model = build(configure, "prior=vamp", "prior.num_components=7", "loss=sgvb_a")
    prior = model.prior
    assert isinstance(prior, VampPrior)
    assert prior.pseudo_inputs.shape == (7, 1, 8, 8)
    z = torch.randn(5, 3).double()
    densities = model.posterior_of(prior.pseudo_inputs).log_prob(z.unsqueeze(1)).exp()  # (5, 7)
    assert torch.allclose(prior().log_prob(z).exp(), densities.mean(1))
    # The encoder is the model's own, not a copy.
    assert sum(name.startswith("prior.") for name in model.state_dict()) == 1


def test_fixed_priors_follow_the_model_and_name_bad_numbers() -> None:
    prior = FixedPrior(3, torch.distributions.Gamma, {"concentration": 2, "rate": 0.5})
    assert not list(prior.parameters())
    assert marginal_family(prior.double()()).rate.dtype == torch.float64  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"prior\.parameters: .* concentration=2, rate=-1$"):
        FixedPrior(3, torch.distributions.Gamma, {"concentration": 2, "rate": -1})
    with pytest.raises(ValueError, match="latent_dim=0"):
        FixedPrior(0, torch.distributions.Gamma, {"concentration": 2, "rate": 1})


def test_event_shapes_must_agree() -> None:
    def standard(d: int) -> Distribution:
        return Independent(Normal(torch.zeros(d), torch.ones(d)), 1)

    check_support(standard(2), standard(2))
    with pytest.raises(ValueError, match=r"shape \(2,\) and the prior of z with shape \(3,\)"):
        check_support(standard(2), standard(3))


def test_one_dimension_is_no_simplex() -> None:
    q = torch.distributions.Dirichlet(torch.ones(1))
    with pytest.raises(ValueError, match="expected at least 2 latent dimensions"):
        check_support(q, q)


def test_the_message_says_where_each_lives(small_vae: Callable[..., VAE]) -> None:
    gamma = partial(FixedPrior, family=torch.distributions.Gamma, parameters={"concentration": 2, "rate": 1})
    with pytest.raises(ValueError, match=r"Normal, lives on all real numbers, .* Gamma, on \(0, inf\)$"):
        small_vae(prior=gamma(2))
