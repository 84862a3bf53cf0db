"""IWAE, MIWAE, CIWAE and DReG: bounds between the ELBO and log p(x), and their gradients, in float64."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, MultivariateNormal, Normal

from aevb.distributions import MixturePrior
from aevb.distributions.families import CentredUniform
from aevb.losses import CIWAE, IWAE, MIWAE, SGVBA, STL, DReG, LossTerms, MovingSupport, VariationalBound
from aevb.models import VAE
from tests.models_known_exactly.linear_gaussian import BATCH, LATENT, FullPrior, LinearGaussian, a_posterior, a_prior

COPIES = 2000


def leaves(model: LinearGaussian, shift: float = 0.3, widen: float = 1.3) -> list[Tensor]:
    """The mean (B, D) and Cholesky factor (B, D, D) of a posterior near the exact one."""
    exact = model.exact_posterior()
    assert isinstance(exact, MultivariateNormal)
    return [(exact.mean + shift).requires_grad_(), (exact.scale_tril * widen).detach().requires_grad_()]


def near(model: LinearGaussian) -> Distribution:
    mean, scale_tril = leaves(model)
    return MultivariateNormal(mean.detach(), scale_tril=scale_tril.detach())


def terms_of(bound: VariationalBound, seed: int = 0) -> LossTerms:
    model = LinearGaussian()
    torch.manual_seed(seed)
    terms: LossTerms = bound(model.x, model.densities(a_posterior(), a_prior()))
    return terms


def bounds(bound: VariationalBound, seed: int) -> Tensor:
    """log p(x) minus the bound's values, (COPIES, B), for a posterior near the exact one."""
    model = LinearGaussian(COPIES)
    torch.manual_seed(seed)
    loss: Tensor = bound(model.x, model.densities(near(model), FullPrior.make())).loss
    return (model.log_marginal() + loss).unflatten(0, (COPIES, BATCH))


def gradients(bound: VariationalBound, shift: float = 0.3, widen: float = 1.3) -> Tensor:
    """The loss's gradients by the posterior's parameters, (COPIES, number of them)."""
    model = LinearGaussian(COPIES)
    mean, scale_tril = leaves(model, shift, widen)
    torch.manual_seed(0)
    q = MultivariateNormal(mean, scale_tril=scale_tril)
    loss = bound(model.x, model.densities(q, FullPrior.make())).loss.sum()
    by_mean, by_scale = torch.autograd.grad(loss, [mean, scale_tril])
    lower = torch.tril_indices(LATENT, LATENT)
    return torch.cat([by_mean, by_scale[:, lower[0], lower[1]]], -1).reshape(COPIES, -1)


def signal_to_noise(draws: Tensor) -> float:
    """‖E g‖ / √(Σ Var g), without what the estimated mean owes to chance."""
    noise = draws.var(0).sum()
    signal = draws.mean(0).square().sum() - noise / len(draws)
    return (signal.clamp(min=0) / noise).sqrt().item()


# The values


@pytest.mark.parametrize("bound", [IWAE(1), MIWAE(1), CIWAE(1, 0.3), DReG(1)])
def test_one_sample_gives_sgvb_a(bound: VariationalBound) -> None:
    assert all(torch.allclose(a, b) for a, b in zip(terms_of(bound), terms_of(SGVBA(1)), strict=True))


def test_groups_of_one_sample_give_sgvb_a() -> None:
    assert all(torch.allclose(a, b) for a, b in zip(terms_of(MIWAE(1, 7)), terms_of(SGVBA(7)), strict=True))


@pytest.mark.parametrize("bound", [IWAE(8), MIWAE(4, 2), CIWAE(8), DReG(8), STL(8)])
def test_beside_the_loss_stand_the_terms_of_the_elbo(bound: VariationalBound) -> None:
    assert all(torch.allclose(a, b) for a, b in zip(terms_of(bound)[1:], terms_of(SGVBA(8))[1:], strict=True))


@pytest.mark.parametrize("bound", [MIWAE(8, 1), CIWAE(8, 0.0), DReG(8)])
def test_what_is_iwae_for_the_same_samples(bound: VariationalBound) -> None:
    assert torch.allclose(terms_of(bound).loss, terms_of(IWAE(8)).loss)


def test_ciwae_with_all_weight_on_the_elbo_is_sgvb_a() -> None:
    assert torch.allclose(terms_of(CIWAE(8, 1.0)).loss, terms_of(SGVBA(8)).loss)
    for impossible in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="elbo_weight="):
            CIWAE(8, impossible)


@pytest.mark.parametrize("bound", [MIWAE(4, 4), MIWAE(8, 2), CIWAE(16, 0.3), CIWAE(16, 0.9)])
def test_miwae_and_ciwae_lie_between_the_elbo_and_iwae(bound: VariationalBound) -> None:
    """By Jensen's inequality, for every set of samples."""
    for seed in range(20):
        loss = terms_of(bound, seed).loss
        assert (terms_of(IWAE(16), seed).loss < loss).all()
        assert (loss < terms_of(SGVBA(16), seed).loss).all()


def test_miwae_has_iwae_s_expectation_and_varies_less() -> None:
    miwae, iwae = bounds(MIWAE(4, 8), 0), bounds(IWAE(4), 1)
    error = ((miwae.var(0) + iwae.var(0)) / COPIES).sqrt()
    assert ((miwae.mean(0) - iwae.mean(0)).abs() < 5 * error).all()
    assert miwae.var(0).sum().item() == pytest.approx(iwae.var(0).sum().item() / 8, rel=0.3)


@pytest.mark.parametrize("bound", [IWAE, MIWAE, CIWAE, DReG])
def test_at_the_exact_posterior_every_sample_gives_log_p_x(bound: type[VariationalBound]) -> None:
    torch.manual_seed(0)
    model = LinearGaussian()
    for num_samples in (1, 2, 16):
        loss = bound(num_samples)(model.x, model.densities(model.exact_posterior(), FullPrior.make())).loss
        assert (loss + model.log_marginal()).abs().max() < 1e-9


def test_iwae_s_expectation_grows_with_k_to_log_p_x() -> None:
    gaps = [bounds(IWAE(num_samples), num_samples) for num_samples in (1, 2, 4, 16, 64)]
    means = torch.stack([gap.mean(0) for gap in gaps])  # (5, B)
    variances = torch.stack([gap.var(0) / COPIES for gap in gaps])
    steps = means[1:] - means[:-1]
    assert (steps < 5 * (variances[1:] + variances[:-1]).sqrt()).all()  # never a clear fall of the bound
    assert (steps[:3] < -5 * (variances[1:] + variances[:-1])[:3].sqrt()).all()  # and at first a clear rise
    assert (means > -5 * variances.sqrt()).all()
    assert (means[-1] < 0.05 * means[0]).all()


def test_the_mean_weight_is_p_x() -> None:
    ratio = (-bounds(IWAE(4), 0)).exp()
    assert ((ratio.mean(0) - 1).abs() < 5 * ratio.std(0) / COPIES**0.5).all()


def test_many_samples_reach_log_p_x() -> None:
    torch.manual_seed(0)
    model = LinearGaussian()
    loss = IWAE(100_000)(model.x, model.densities(near(model), FullPrior.make())).loss
    assert torch.allclose(-loss, model.log_marginal(), atol=0.02)


# The gradients of DReG


@pytest.mark.parametrize("num_samples", [1, 5])
def test_dreg_s_gradient_by_the_decoder_and_by_the_prior_is_iwae_s(
    num_samples: int, small_vae: Callable[..., VAE]
) -> None:
    x = torch.rand(3, 1, 4, 4).double()
    results = []
    for bound in (IWAE(num_samples), DReG(num_samples)):
        torch.manual_seed(1)
        model = small_vae(bound, prior=MixturePrior(2, num_components=3))
        torch.manual_seed(0)
        model.terms(x)["loss"].sum().backward()
        results.append(model)
    for part in ("decoder", "prior"):
        iwae, dreg = ([p.grad for p in getattr(model, part).parameters()] for model in results)
        assert len(iwae) > 2
        assert all(torch.allclose(a, b) for a, b in zip(iwae, dreg, strict=True))
    iwae, dreg = ([p.grad for p in model.posterior.parameters()] for model in results)
    assert not any(torch.allclose(a, b) for a, b in zip(iwae, dreg, strict=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("num_samples", [2, 16])
def test_dreg_s_gradient_by_the_posterior_has_iwae_s_expectation(num_samples: int) -> None:
    iwae, dreg = gradients(IWAE(num_samples)), gradients(DReG(num_samples))
    difference = iwae - dreg  # of the same samples
    assert (difference.mean(0).abs() < 5 * difference.std(0) / COPIES**0.5).all()
    assert (difference.std(0) > 0.01 * iwae.std(0)).all()
    if num_samples == 16:
        assert dreg.var(0).sum() < iwae.var(0).sum() / 2


def test_the_signal_of_dreg_s_gradient_does_not_fade() -> None:
    iwae, dreg = ([signal_to_noise(gradients(bound(k), 0.05, 1.1)) for k in (1, 64)] for bound in (IWAE, DReG))
    assert iwae[1] < iwae[0] / 3  # as 1/√K
    assert dreg[1] > dreg[0]


@pytest.mark.parametrize("num_samples", [1, 16])
def test_at_the_exact_posterior_dreg_s_gradient_is_zero_for_every_sample(num_samples: int) -> None:
    assert gradients(DReG(num_samples), 0.0, 1.0).abs().max() < 1e-9
    assert (gradients(IWAE(num_samples), 0.0, 1.0).std(0) > 0.1 / num_samples).all()


def test_with_one_sample_dreg_is_stl(small_vae: Callable[..., VAE]) -> None:
    assert torch.allclose(gradients(DReG(1)), gradients(STL(1)))
    x = torch.rand(3, 1, 4, 4).double()
    results = []
    for bound in (DReG(1), STL(1)):
        model = small_vae(bound)
        torch.manual_seed(0)
        model.terms(x)["loss"].sum().backward()
        results.append([parameter.grad for parameter in model.parameters()])
    assert all(torch.allclose(a, b) for a, b in zip(*results, strict=True))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_dreg_has_its_value_without_gradients(mode: Callable[[], torch.no_grad]) -> None:
    with mode():
        terms = terms_of(DReG(8))
    assert all(torch.allclose(a, b) for a, b in zip(terms, terms_of(IWAE(8)), strict=True))


def test_a_support_that_moves_is_refused_by_dreg_alone() -> None:
    model = LinearGaussian()
    q = Independent(CentredUniform(torch.zeros(BATCH, LATENT).double(), torch.ones(BATCH, LATENT).double()), 1)
    with pytest.raises(MovingSupport, match="that of CentredUniform does"):
        DReG(2)(model.x, model.densities(q, a_prior()))
    for bound in (IWAE(2), MIWAE(2), CIWAE(2)):
        assert bound(model.x, model.densities(q, a_prior())).loss.isfinite().all()


def test_far_from_the_posterior_the_weights_stay_finite() -> None:
    model = LinearGaussian()
    mean = torch.full((BATCH, LATENT), 100.0).double().requires_grad_()
    for bound in (IWAE(4), MIWAE(4, 2), CIWAE(4), DReG(4)):
        q = Independent(Normal(mean, 1e-3), 1)
        loss = bound(model.x, model.densities(q, a_prior())).loss
        assert loss.isfinite().all()
        assert torch.autograd.grad(loss.sum(), mean)[0].isfinite().all()
