"""The paper's two baselines, which do not differentiate through a sample, in float64."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Dirichlet, Distribution, Gamma, Independent, MultivariateNormal, Normal

from aevb.distributions import (
    AmortizedPosterior,
    FixedPrior,
    FlowPosterior,
    FlowPrior,
    FullNormalPosterior,
    LogisticNormalPosterior,
    MixturePrior,
    StandardNormal,
    VampPrior,
)
from aevb.distributions.families import CentredUniform
from aevb.losses import MCEM, SGVBA, Densities, MovingSupport, Unexplained, VariationalBound, WakeSleep
from aevb.models import VAE
from tests.models_known_exactly.linear_gaussian import BATCH, LATENT, FullPrior, LinearGaussian, a_posterior, a_prior

X = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(0)).round().double()
GAMMAS = {
    "posterior": partial(AmortizedPosterior, latent_dim=2, family=Gamma),
    "prior": FixedPrior(2, Gamma, {"concentration": 2.0, "rate": 1.0}),
}


def gradients_of(model: VAE, loss: VariationalBound, x: Tensor = X) -> dict[str, Tensor | None]:
    model.loss = loss
    model.zero_grad()
    torch.manual_seed(0)
    model.terms(x)["loss"].sum().backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def equal_parts(a: dict[str, Tensor | None], b: dict[str, Tensor | None]) -> set[str]:
    """The parts of the model all of whose parameters have the same gradient."""
    same = {name: torch.allclose(a[name], b[name]) for name in a}  # type: ignore[arg-type]
    parts = {name.split(".")[0] for name in a}
    return {part for part in parts if all(same[name] for name in same if name.startswith(part))}


def unit_normals(x: Tensor) -> Distribution:
    return Independent(Normal(torch.zeros(len(x), LATENT).double(), 1.0), 1)


@pytest.mark.parametrize("loss", [WakeSleep(), MCEM()])
def test_a_support_that_moves_is_refused(loss: VariationalBound) -> None:
    q = Independent(CentredUniform(torch.zeros(BATCH, LATENT).double(), torch.ones(BATCH, LATENT).double()), 1)
    with pytest.raises(MovingSupport, match="that of CentredUniform does"):
        loss(LinearGaussian().x, LinearGaussian().densities(q, a_prior()))


@pytest.mark.parametrize("loss", [WakeSleep(7), MCEM(7)])
def test_beside_the_loss_stand_the_terms_of_the_elbo(loss: VariationalBound) -> None:
    model = LinearGaussian()
    terms = []
    for bound in (loss, SGVBA(7)):
        torch.manual_seed(0)
        densities = Densities(lambda x: a_posterior() if len(x) == BATCH else unit_normals(x), a_prior(), model.decode)
        terms.append(bound(model.x, densities))
    assert all(torch.allclose(a, b) for a, b in zip(terms[0][1:], terms[1][1:], strict=True))


# Wake-sleep


def test_awake_the_decoder_and_a_learned_prior_follow_sgvb_a_s_gradient(small_vae: Callable[..., VAE]) -> None:
    """And the sleeping half gives them none."""
    torch.manual_seed(1)
    model = small_vae(WakeSleep(3), prior=MixturePrior(2, num_components=3))
    same = equal_parts(gradients_of(model, WakeSleep(3)), gradients_of(model, SGVBA(3)))
    assert same == {"decoder", "prior"}


def test_asleep_the_encoder_sees_only_dreams(small_vae: Callable[..., VAE]) -> None:
    model = small_vae(WakeSleep(3))
    same = equal_parts(gradients_of(model, WakeSleep(3), X), gradients_of(model, WakeSleep(3), 1 - X))
    assert same == {"encoder", "posterior"}
    assert all(g is not None and g.any() for g in gradients_of(model, WakeSleep(3)).values())


def test_dreams_are_images_and_as_many_as_samples() -> None:
    model, seen = LinearGaussian(), []

    def posterior_of(x: Tensor) -> Distribution:
        seen.append(x)
        return unit_normals(x)

    torch.manual_seed(0)
    WakeSleep(5000)(model.x, Densities(posterior_of, a_prior(), model.decode))
    awake, dreams = seen
    assert awake is model.x
    assert dreams.shape == (5000 * BATCH, 1, 2, 3)
    marginal = MultivariateNormal(
        model.bias, model.weight @ model.weight.T + model.scale**2 * torch.eye(model.bias.numel()).double()
    )
    centred = dreams.flatten(1) - marginal.mean
    products = centred.unsqueeze(-1) * centred.unsqueeze(-2)
    for draws, expected in ((centred, 0 * marginal.mean), (products, marginal.covariance_matrix)):
        assert ((draws.mean(0) - expected).abs() < 5 * draws.std(0) / len(draws) ** 0.5).all()


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_asleep_the_expected_gradient_is_zero_at_the_exact_posterior_and_not_elsewhere(shift: float) -> None:
    torch.manual_seed(0)
    model = LinearGaussian()
    exact = model.exact_posterior()
    assert isinstance(exact, MultivariateNormal)
    covariance = exact.covariance_matrix[0]
    map_ = (covariance @ model.weight.T / model.scale**2).requires_grad_()
    bias = (shift - map_ @ model.bias).detach().requires_grad_()
    scale_tril = exact.scale_tril[0].detach().clone().requires_grad_()

    def encode(x: Tensor) -> Distribution:
        return MultivariateNormal(x.flatten(1) @ map_.T + bias, scale_tril=scale_tril)

    if shift == 0:
        assert torch.allclose(encode(model.x).mean, exact.mean)
    draws = []
    for _ in range(150):
        loss = WakeSleep(32)(model.x, Densities(encode, FullPrior.make(), model.decode)).loss.sum()
        gradients = torch.autograd.grad(loss, [map_, bias, scale_tril])
        draws.append(torch.cat([gradients[0].flatten(), gradients[1], gradients[2][*torch.tril_indices(2, 2)]]))
    gradient = torch.stack(draws)
    deviation = gradient.mean(0).abs() / (gradient.std(0) / len(draws) ** 0.5)
    assert (deviation.max() < 5) == (shift == 0)


@pytest.mark.parametrize("loss", [WakeSleep, MCEM])
def test_a_posterior_that_cannot_give_every_dream_is_refused(
    loss: type[VariationalBound], small_vae: Callable[..., VAE]
) -> None:
    model = small_vae(loss(), posterior=GAMMAS["posterior"])  # good enough for a bound
    with pytest.raises(
        Unexplained, match=r"of the prior, on all real numbers, and Gamma has its support on \(0, inf\)"
    ):
        model.terms(X)
    model = small_vae(loss(), **GAMMAS)
    assert model.terms(X)["loss"].isfinite().all()


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_wake_sleep_can_be_evaluated(mode: Callable[[], torch.no_grad], small_vae: Callable[..., VAE]) -> None:
    with mode():
        assert all(value.isfinite().all() for value in small_vae(WakeSleep(3)).terms(X).values())


# Monte Carlo expectation maximisation


def mcem(num_samples: int, num_transitions: int, step_size: float = 0.06) -> MCEM:
    """For the exact posterior's standard deviations, 0.3 and 0.6, good chains travel about 0.6 at each transition."""
    bound = MCEM(num_samples, num_transitions).eval()
    bound.step_size.fill_(step_size)
    return bound


@pytest.mark.parametrize("step_size", [0.06, 0.15, 0.1])
def test_long_chains_end_as_samples_of_the_exact_posterior(step_size: float) -> None:
    torch.manual_seed(0)
    model = LinearGaussian()
    start = a_posterior().sample(torch.Size((2000,)))
    z = mcem(1, 25, step_size).end_of_chain(start, model.x, model.densities(a_posterior(), FullPrior.make()))
    exact = model.exact_posterior()
    assert isinstance(exact, MultivariateNormal)
    centred = z - exact.mean
    products = centred.unsqueeze(-1) * centred.unsqueeze(-2)
    for draws, expected in ((centred, 0 * exact.mean), (products, exact.covariance_matrix)):
        assert ((draws.mean(0) - expected).abs() < 5 * draws.std(0) / len(draws) ** 0.5).all()


def test_the_decoder_follows_the_gradient_of_log_p_x() -> None:
    """Fisher's identity; the posterior that starts the chains is not the exact one."""
    torch.manual_seed(0)
    model = LinearGaussian()
    theta = [model.weight.requires_grad_(), model.bias.requires_grad_()]

    def flat(loss: Tensor) -> Tensor:
        return torch.cat([gradient.flatten() for gradient in torch.autograd.grad(loss, theta)])

    def deviation(bound: VariationalBound) -> Tensor:
        """From the gradient of -log p(x), in standard errors."""
        terms = [bound(model.x, model.densities(a_posterior(), FullPrior.make())) for _ in range(15)]
        draws = torch.stack([flat(each.loss.sum()) for each in terms])
        return (draws.mean(0) - flat(-model.log_marginal().sum())).abs() / (draws.std(0) / len(draws) ** 0.5)

    assert deviation(mcem(200, 15)).max() < 5
    assert deviation(SGVBA(200)).max() > 20  # the gradient of a bound is another


def test_the_encoder_is_fitted_to_the_ends_of_the_chains() -> None:
    """The gradient of -E_p(z|x)[log q(z|x)] by q's mean is (q's mean - p's mean) / q's variance."""
    torch.manual_seed(0)
    model = LinearGaussian()
    mean = torch.zeros(BATCH, LATENT).double().requires_grad_()
    q = Independent(Normal(mean, 0.5), 1)
    loss = mcem(1000, 15)(model.x, model.densities(q, FullPrior.make())).loss
    (gradient,) = torch.autograd.grad(loss.sum(), mean)
    exact = model.exact_posterior()
    assert ((gradient + 4 * exact.mean).abs() < 5 * 4 * exact.stddev / 1000**0.5).all()


def test_the_step_size_adapts_in_training_only() -> None:
    torch.manual_seed(0)
    model = LinearGaussian()
    bound = MCEM(20, num_transitions=3, target_acceptance=0.8)
    before = bound.step_size.item()
    bound.eval()(model.x, model.densities(a_posterior(), a_prior()))
    assert bound.step_size.item() == before
    bound.train()(model.x, model.densities(a_posterior(), a_prior()))
    assert bound.step_size.item() == pytest.approx(before * 1.05**3)  # small steps were all accepted
    bound.step_size.fill_(5.0)
    bound(model.x, model.densities(a_posterior(), a_prior()))
    assert bound.step_size.item() == pytest.approx(5 / 1.05**3)
    assert bound.state_dict()["step_size"] == bound.step_size


POSTERIORS_AND_PRIORS: dict[str, dict[str, Any]] = {
    "standard_normal": {"prior": StandardNormal(2)},
    "full_normal": {"posterior": partial(FullNormalPosterior, latent_dim=2)},
    "mixture": {"prior": MixturePrior(2, num_components=3)},
    "vamp": {"prior": partial(VampPrior, num_components=3)},
    "vamp_of_full_normals": {
        "posterior": partial(FullNormalPosterior, latent_dim=2),
        "prior": partial(VampPrior, num_components=3),
    },
    "gamma": GAMMAS,
    "dirichlet": {
        "posterior": partial(LogisticNormalPosterior, latent_dim=2),
        "prior": FixedPrior(2, Dirichlet, {"concentration": 1.5}),
    },
}
if find_spec("zuko"):  # which is optional
    POSTERIORS_AND_PRIORS["flows"] = {"posterior": partial(FlowPosterior, latent_dim=2), "prior": FlowPrior(2)}


@pytest.mark.parametrize("name", POSTERIORS_AND_PRIORS)
def test_chains_run_for_every_prior_in_training_and_in_evaluation(name: str, small_vae: Callable[..., VAE]) -> None:
    model = small_vae(MCEM(3, num_transitions=2, num_leapfrog=3), **POSTERIORS_AND_PRIORS[name])
    model.terms(X)["loss"].sum().backward()
    for parameter_name, parameter in model.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name
    model.eval()
    with torch.no_grad():
        terms = model.terms(X)
    assert all(value.isfinite().all() for value in terms.values())
    assert not any(value.requires_grad for value in terms.values())


@pytest.mark.parametrize("name", ["gamma", "dirichlet"])
def test_chains_stay_in_the_support(name: str, small_vae: Callable[..., VAE]) -> None:
    torch.manual_seed(0)
    model = small_vae(MCEM(num_transitions=10), **POSTERIORS_AND_PRIORS[name])
    assert isinstance(model.loss, MCEM)
    start = model.posterior_of(X).sample(torch.Size((200,)))
    z = model.loss.end_of_chain(start, X, model.densities())
    assert z.shape == start.shape
    assert model.prior().support.check(z).all()
    assert (z > 0).all()
    assert not (z == start).all(-1).any()
    assert not z.requires_grad


def test_a_chain_leaves_no_gradients_behind(small_vae: Callable[..., VAE]) -> None:
    model = small_vae(MCEM(3))
    model.terms(X)
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"num_transitions": 0}, "num_transitions=0"), ({"num_leapfrog": 1.5}, "num_leapfrog=1.5"),
     ({"target_acceptance": 1.0}, "target_acceptance=1.0"), ({"target_acceptance": 0}, "target_acceptance=0")],
)  # fmt: skip
def test_impossible_arguments_are_named(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        MCEM(**arguments)
