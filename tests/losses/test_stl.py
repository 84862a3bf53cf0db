"""Sticking the landing: SGVB-A's value, and its gradient without the score, in float64."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Distribution, Gamma, Independent, MultivariateNormal, Normal

from aevb.distributions import AmortizedPosterior, FixedPrior, FlowPosterior, FullNormalPosterior, MixturePrior
from aevb.distributions.families import CentredUniform
from aevb.losses import SGVBA, SGVBB, STL, MovingSupport, VariationalBound
from aevb.models import VAE
from tests.models_known_exactly.linear_gaussian import BATCH, LATENT, FullPrior, LinearGaussian, a_posterior, a_prior

COPIES = 2000


def exact_leaves(model: LinearGaussian) -> tuple[Tensor, Tensor]:
    exact = model.exact_posterior()
    assert isinstance(exact, MultivariateNormal)
    return exact.mean.detach().requires_grad_(), exact.scale_tril.detach().clone().requires_grad_()


def factorised(mean: Tensor, scale: Tensor) -> Distribution:
    return Independent(Normal(mean, scale.diagonal(dim1=-2, dim2=-1)), 1)


def full(mean: Tensor, scale: Tensor) -> Distribution:
    return MultivariateNormal(mean, scale_tril=scale.tril())


def gradients(bound: VariationalBound, family: Callable[[Tensor, Tensor], Distribution]) -> Tensor:
    """The loss's gradients by the parameters of a posterior that is not the exact one, (COPIES, number of them)."""
    model = LinearGaussian(COPIES)
    mean, scale = exact_leaves(model)
    prior = a_prior() if family is factorised else FullPrior.make()
    torch.manual_seed(0)
    loss = bound(model.x, model.densities(family(mean + 0.4, 1.5 * scale), prior)).loss.sum()
    return torch.cat([g.reshape(COPIES, -1) for g in torch.autograd.grad(loss, [mean, scale])], -1)


def results(model: VAE, x: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor | None]]:
    """The terms, and the gradients of the loss, for the same samples of every estimator."""
    model.zero_grad()
    torch.manual_seed(0)
    terms = model.terms(x)
    terms["loss"].sum().backward()
    return terms, {name: parameter.grad for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("arguments", [{}, {"beta": 0.3}, {"free_bits": 0.5}, {"beta": 4.0, "num_samples": 7}])
def test_the_values_are_sgvb_a_s(arguments: dict[str, Any]) -> None:
    model = LinearGaussian()
    terms = []
    for estimator in (SGVBA, STL):
        torch.manual_seed(0)
        terms.append(estimator(**arguments)(model.x, model.densities(a_posterior(), a_prior())))
    assert all(torch.allclose(a, b) for a, b in zip(*terms, strict=True))


@pytest.mark.parametrize("beta", [1.0, 0.3])
@pytest.mark.parametrize("other", [SGVBA, SGVBB])
@pytest.mark.parametrize("family", [factorised, full])
def test_the_gradient_has_the_expectation_of_the_other_estimators(
    family: Callable[[Tensor, Tensor], Distribution], other: Callable[..., VariationalBound], beta: float
) -> None:
    stl, sgvb = gradients(STL(4, beta=beta), family), gradients(other(4, beta=beta), family)
    difference = stl - sgvb  # of the same samples
    error = difference.std(0) / COPIES**0.5
    assert (difference.mean(0).abs() <= 5 * error + 1e-12).all()
    assert (error > 0).any()


@pytest.mark.parametrize("num_samples", [1, 5])
def test_at_the_exact_posterior_every_sample_has_the_gradient_zero(num_samples: int) -> None:
    model = LinearGaussian()
    leaves = exact_leaves(model)
    sizes = {}
    for estimator in (STL, SGVBA, SGVBB):
        torch.manual_seed(0)
        q = MultivariateNormal(leaves[0], scale_tril=leaves[1])
        loss = estimator(num_samples)(model.x, model.densities(q, FullPrior.make())).loss.sum()
        sizes[estimator] = [gradient.abs().amax() for gradient in torch.autograd.grad(loss, leaves)]
    assert max(sizes[STL]) < 1e-9
    assert min(sizes[SGVBA]) > 0.1
    assert min(sizes[SGVBB]) > 0.1


@pytest.mark.parametrize(
    "posterior",
    [partial(FlowPosterior, latent_dim=2, transforms=2, hidden_sizes=[8]), partial(FullNormalPosterior, latent_dim=2)],
)
def test_the_gradient_of_a_network_has_sgvb_a_s_expectation(
    posterior: Callable[..., Any], small_vae: Callable[..., VAE]
) -> None:
    if getattr(posterior, "func", None) is FlowPosterior:
        pytest.importorskip("zuko")
    x = torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0)).double()
    model = small_vae(STL(32), posterior=posterior)
    of_q = [*model.encoder.parameters(), *model.posterior.parameters()]
    repeats = 60
    differences = []
    for repeat in range(repeats):
        pair = []
        for bound in (STL(32), SGVBA(32)):
            model.loss = bound
            torch.manual_seed(repeat)
            loss = model.terms(x)["loss"].sum()
            pair.append(torch.cat([gradient.flatten() for gradient in torch.autograd.grad(loss, of_q)]))
        differences.append(pair[0] - pair[1])
    difference = torch.stack(differences)
    error = difference.std(0) / repeats**0.5
    assert (difference.mean(0).abs() <= 5 * error + 1e-12).all()
    assert error.max() > 1e-4  # the score was there, and is gone


def test_the_decoder_and_a_learned_prior_have_sgvb_a_s_gradient(small_vae: Callable[..., VAE]) -> None:
    x = torch.rand(3, 1, 4, 4).double()
    torch.manual_seed(1)
    model = small_vae(STL(3), prior=MixturePrior(2, num_components=3))
    stl_terms, stl = results(model, x)
    model.loss = SGVBA(3)
    sgvb_a_terms, sgvb_a = results(model, x)
    assert all(torch.allclose(stl_terms[name], sgvb_a_terms[name]) for name in stl_terms)
    same = {name: torch.allclose(stl[name], sgvb_a[name]) for name in stl}  # type: ignore[arg-type]
    assert same == {name: name.startswith(("decoder", "prior")) for name in same}


def test_every_parameter_of_a_gamma_posterior_gets_a_gradient(small_vae: Callable[..., VAE]) -> None:
    """Samples of a gamma are differentiated implicitly; no closed form is needed."""
    model = small_vae(
        STL(3),
        posterior=partial(AmortizedPosterior, latent_dim=2, family=Gamma),
        prior=FixedPrior(2, Gamma, {"concentration": 2.0, "rate": 1.0}),
    )
    _, gradient = results(model, torch.rand(3, 1, 4, 4).double())
    assert all(g is not None and g.isfinite().all() and g.any() for g in gradient.values())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_it_has_its_value_without_gradients(mode: Callable[[], torch.no_grad], small_vae: Callable[..., VAE]) -> None:
    x = torch.rand(3, 1, 4, 4).double()
    model = small_vae(STL(3))
    with_gradients, _ = results(model, x)
    with mode():
        torch.manual_seed(0)
        without = model.terms(x)
    assert all(torch.allclose(with_gradients[name], without[name]) for name in without)
    assert not any(value.requires_grad for value in without.values())


def test_a_support_that_moves_is_refused() -> None:
    q = Independent(CentredUniform(torch.zeros(BATCH, LATENT).double(), torch.ones(BATCH, LATENT).double()), 1)
    with pytest.raises(MovingSupport, match="that of CentredUniform does"):
        STL()(LinearGaussian().x, LinearGaussian().densities(q, a_prior()))
