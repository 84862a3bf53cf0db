"""The two SGVB estimators against closed forms and an exactly solvable model, in float64."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Cauchy, Independent, Normal, kl_divergence

from aevb.distributions.families import CentredUniform
from aevb.losses import (
    SGVBA,
    SGVBB,
    EvidenceLowerBound,
    KLWeight,
    MovingSupport,
    NoClosedForm,
    ScoreFunction,
    VariationalBound,
)
from aevb.models import VAE
from tests.models_known_exactly.linear_gaussian import BATCH, LATENT, FullPrior, LinearGaussian, a_posterior, a_prior


def test_closed_form_kl_equals_monte_carlo_kl() -> None:
    torch.manual_seed(0)
    q, p = a_posterior(), a_prior()
    z = q.sample(torch.Size((200_000,)))
    draws = q.log_prob(z) - p.log_prob(z)
    standard_error = draws.std(0) / len(z) ** 0.5
    assert ((draws.mean(0) - kl_divergence(q, p)).abs() < 5 * standard_error).all()


def test_closed_form_kl_is_the_formula() -> None:
    q = a_posterior()
    mean, variance = q.mean, q.variance
    formula = 0.5 * (mean**2 + variance - variance.log() - 1).sum(-1)
    assert torch.allclose(kl_divergence(q, a_prior()), formula)


@pytest.mark.parametrize("estimator", [SGVBA, SGVBB])
def test_sgvb_a_equals_log_p_x_for_every_sample_at_the_exact_posterior(estimator: type[EvidenceLowerBound]) -> None:
    torch.manual_seed(0)
    model = LinearGaussian()
    for num_samples in (1, 7):
        bound = estimator(num_samples)
        terms = bound(model.x, model.densities(model.exact_posterior(), FullPrior.make()))
        error = (terms.elbo - model.log_marginal()).abs().max()
        # Estimator B has the same expectation there, and does vary from sample to sample.
        assert (error < 1e-9) == (estimator is SGVBA)


def test_the_two_estimators_agree_in_expectation() -> None:
    torch.manual_seed(0)
    model = LinearGaussian()
    draws = {}
    for estimator in (SGVBA, SGVBB):
        repeats = [estimator(100)(model.x, model.densities(a_posterior(), a_prior())).elbo for _ in range(400)]
        draws[estimator] = torch.stack(repeats)  # (400, B)
    difference = draws[SGVBA].mean(0) - draws[SGVBB].mean(0)
    standard_error = ((draws[SGVBA].var(0) + draws[SGVBB].var(0)) / 400) ** 0.5
    assert (difference.abs() < 5 * standard_error).all()
    assert (draws[SGVBA].mean(0) < model.log_marginal()).all()


@pytest.mark.parametrize("estimator", [SGVBA, SGVBB])
def test_more_samples_vary_less(estimator: type[EvidenceLowerBound]) -> None:
    torch.manual_seed(0)
    model = LinearGaussian()

    def variance(num_samples: int) -> float:
        bound = estimator(num_samples)
        repeats = [bound(model.x, model.densities(a_posterior(), a_prior())).elbo for _ in range(500)]
        return torch.stack(repeats).var(0).mean().item()

    assert variance(16) == pytest.approx(variance(1) / 16, rel=0.3)


@pytest.mark.parametrize("estimator", [SGVBA, SGVBB])
def test_beta_weighs_the_kl_term_of_the_loss_and_never_the_elbo(estimator: type[EvidenceLowerBound]) -> None:
    model = LinearGaussian()
    terms = {}
    for beta in (0.0, 1.0, 4.0):
        torch.manual_seed(0)
        terms[beta] = estimator(beta=beta)(model.x, model.densities(a_posterior(), a_prior()))
        assert torch.allclose(terms[beta].loss, terms[beta].reconstruction + beta * terms[beta].kl)
        assert torch.allclose(terms[beta].elbo, -(terms[beta].reconstruction + terms[beta].kl))
    assert torch.equal(terms[0.0].elbo, terms[4.0].elbo)
    assert torch.equal(terms[1.0].loss, -terms[1.0].elbo)


def test_warm_up_is_linear_and_then_stays() -> None:
    weight = KLWeight(beta=2.0, warmup_epochs=4)
    assert weight() == 2  # where nobody trains
    weights = []
    for epoch in (0, 1, 2.5, 4, 100):
        weight.at_epoch(epoch)
        weights.append(float(weight()))
    assert weights == [0, 0.5, 1.25, 2, 2]
    weight.at_epoch(1)
    assert weight.eval()() == 2  # an evaluation uses the full weight


def test_cycles_begin_the_warm_up_again() -> None:
    weight = KLWeight(warmup_epochs=2, cycle_epochs=4)
    weights = []
    for epoch in (0, 1, 2, 3.5, 4, 5, 8.5):
        weight.at_epoch(epoch)
        weights.append(float(weight()))
    assert weights == [0, 0.5, 1, 1, 0, 0.5, 0.25]
    with pytest.raises(ValueError, match="cycle_epochs=1: expected at least warmup_epochs=2"):
        SGVBB(warmup_epochs=2, cycle_epochs=1)


def test_the_weight_changes_in_place_so_that_a_captured_step_reads_it() -> None:
    bound, model = SGVBA(beta=3.0, warmup_epochs=2), LinearGaussian()
    storage = bound.kl_weight.now.data_ptr()
    for epoch, weight in ((0.0, 0.0), (1.0, 1.5), (2.0, 3.0)):
        bound.at_epoch(epoch)
        terms = bound(model.x, model.densities(a_posterior(), a_prior()))
        assert torch.allclose(terms.loss, terms.reconstruction + weight * terms.kl)
    assert bound.kl_weight.now.data_ptr() == storage
    assert "kl_weight.now" not in bound.state_dict()  # training sets it before each step


@pytest.mark.parametrize("estimator", [SGVBA, SGVBB])
def test_free_bits_count_the_larger_of_lambda_and_each_dimension_s_mean(estimator: type[EvidenceLowerBound]) -> None:
    model, q, p = LinearGaussian(), a_posterior(), a_prior()
    by_dimension = kl_divergence(q.base_dist, Normal(torch.zeros(LATENT).double(), 1.0)).mean(0)  # type: ignore[attr-defined]
    between = by_dimension.mean().item()  # one dimension lies below, one above
    for free in (0.0, between, 100.0):
        torch.manual_seed(0)
        plain = estimator(20_000)(model.x, model.densities(q, p))
        torch.manual_seed(0)
        terms = estimator(20_000, free_bits=free)(model.x, model.densities(q, p))
        assert torch.equal(terms.elbo, plain.elbo)
        assert torch.equal(terms.kl, plain.kl)
        counted = (terms.loss - terms.reconstruction).mean().item()
        assert counted == pytest.approx(by_dimension.clamp(min=free).sum().item(), rel=0.02)


def test_a_dimension_below_its_free_bits_has_no_gradient() -> None:
    mean = torch.tensor([[0.1, 3.0]] * BATCH, dtype=torch.float64, requires_grad=True)
    q = Independent(Normal(mean, torch.ones(BATCH, LATENT).double()), 1)
    bound = SGVBB(free_bits=0.5)
    model = LinearGaussian()
    bound.at_least_free(bound.estimate(model.x, q, model.densities(q, a_prior()))[1]).sum().backward()
    assert mean.grad is not None
    assert torch.equal(mean.grad, torch.tensor([[0.0, 3.0]] * BATCH).double())


@pytest.mark.parametrize("beta", [1.0, 0.3])
@pytest.mark.parametrize("baseline", ["none", "moving_average"])
def test_the_score_function_has_the_expected_gradient_of_sgvb_a(baseline: str, beta: float) -> None:
    torch.manual_seed(0)
    model = LinearGaussian()
    mean, log_scale = (0.2 * torch.randn(BATCH, LATENT, dtype=torch.float64) for _ in range(2))
    mean.requires_grad_()
    log_scale.requires_grad_()

    def draws(bound: VariationalBound, n: int) -> Tensor:
        gradients = []
        for _ in range(n):
            q = Independent(Normal(mean, log_scale.exp()), 1)
            loss = bound(model.x, model.densities(q, a_prior())).loss.sum()
            gradients.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, [mean, log_scale])]))
        return torch.stack(gradients)

    reparameterised = draws(SGVBA(200, beta=beta), 100)
    score = draws(ScoreFunction(200, beta=beta, baseline=baseline), 200)
    error = (reparameterised.var(0) / 100 + score.var(0) / 200).sqrt()
    assert ((reparameterised.mean(0) - score.mean(0)).abs() < 5 * error).all()
    assert score.var(0).mean() > 5 * reparameterised.var(0).mean()  # why the paper calls it impractical
    if baseline == "moving_average":
        assert draws(ScoreFunction(200, beta=beta), 100).var(0).mean() > 2 * score[50:].var(0).mean()


def test_the_score_function_s_values_are_sgvb_a_s_and_its_decoder_gradient_too(small_vae: Callable[..., VAE]) -> None:
    x = torch.rand(3, 1, 4, 4).double()
    results = []
    for bound in (SGVBA(3), ScoreFunction(3)):
        model = small_vae(bound)
        torch.manual_seed(0)
        terms = model.terms(x)
        terms["loss"].sum().backward()
        results.append((terms, [parameter.grad for parameter in model.decoder.parameters()]))
    (a, gradients_a), (b, gradients_b) = results
    assert all(torch.allclose(a[name], b[name]) for name in a)
    assert all(torch.allclose(ga, gb) for ga, gb in zip(gradients_a, gradients_b, strict=True))  # type: ignore[arg-type]


def test_a_support_that_moves_is_refused_by_the_score_function() -> None:
    q = Independent(CentredUniform(torch.zeros(BATCH, LATENT).double(), torch.ones(BATCH, LATENT).double()), 1)
    with pytest.raises(MovingSupport, match="that of CentredUniform does"):
        ScoreFunction()(LinearGaussian().x, LinearGaussian().densities(q, a_prior()))


def test_baselines_are_averages_of_training_batches_only() -> None:
    model = LinearGaussian()
    bound = ScoreFunction(baseline="moving_average", decay=0.5)
    bound.eval()(model.x, model.densities(a_posterior(), a_prior()))
    assert torch.equal(bound.averages, torch.zeros(2))
    terms = bound.train()(model.x, model.densities(a_posterior(), a_prior()))
    expected = torch.stack([terms.reconstruction.mean(), terms.kl.mean() / LATENT]) / 2
    assert torch.allclose(bound.averages.double(), expected, rtol=1e-5)
    with pytest.raises(ValueError, match="none, moving_average"):
        ScoreFunction(baseline="mean")


def test_a_pair_without_a_closed_form_is_named() -> None:
    model = LinearGaussian()
    prior = Independent(Cauchy(torch.zeros(LATENT).double(), torch.ones(LATENT).double()), 1)
    with pytest.raises(NoClosedForm, match="Normal and Cauchy"):
        SGVBB()(model.x, model.densities(a_posterior(), prior))
    assert SGVBA()(model.x, model.densities(a_posterior(), prior)).elbo.isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"num_samples": 0}, "num_samples=0"), ({"beta": -1}, "beta=-1"), ({"beta": "x"}, "beta='x'"),
     ({"warmup_epochs": float("nan")}, "warmup_epochs=nan")],
)  # fmt: skip
def test_impossible_arguments_are_named(arguments: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        SGVBA(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("estimator", [SGVBA, SGVBB])
def test_gradients_are_those_of_the_expected_bound(
    estimator: type[EvidenceLowerBound], small_vae: Callable[..., VAE]
) -> None:
    """With the noise held fixed the bound is a smooth function: autograd agrees with finite differences."""
    model = small_vae(estimator(3))
    x = torch.rand(2, 1, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    weight: Any = model.posterior.get_parameter("head.weight")

    def loss() -> Tensor:
        torch.manual_seed(5)
        return model.terms(x)["loss"].sum()

    loss().backward()
    assert weight.grad is not None
    for index in [(0, 0), (3, 5)]:
        step = 1e-6
        with torch.no_grad():
            weight[index] += step
            above = loss()
            weight[index] -= 2 * step
            below = loss()
            weight[index] += step
        assert weight.grad[index].item() == pytest.approx(((above - below) / (2 * step)).item(), rel=1e-5, abs=1e-8)
