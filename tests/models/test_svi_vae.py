"""Posteriors found without an encoder, against those that are known exactly."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from aevb.compare_estimators import compare_estimators
from aevb.distributions import FlowPosterior, FullNormalPosterior, Gaussian, NormalPosterior, StandardNormal, VampPrior
from aevb.errors import UserError
from aevb.losses import IWAE, MCEM, SGVBA, SGVBB, STL, Densities, WakeSleep
from aevb.models import SVIVAE, SeedEnsemble
from aevb.networks import ConvDecoder, MLPDecoder
from aevb.train.preflight import check_vmap
from tests.models_known_exactly.linear_vae import LinearVAE


def svi_of(linear: LinearVAE, **parts: Any) -> SVIVAE:
    """The same p(z) and p(x|z), with the same decoder, without the encoder."""
    arguments: dict[str, Any] = {
        "image_shape": linear.model.image_shape,
        "decoder": lambda output_shape: linear.model.decoder,
        "posterior": partial(FullNormalPosterior, latent_dim=2),
        "prior": StandardNormal(2),
        "likelihood": Gaussian(sigma=linear.sigma),
        "loss": STL(),
        "num_steps": 300,
    }
    return SVIVAE(**{**arguments, **parts}).double()


def small_svi(**parts: Any) -> SVIVAE:
    """One of 1×8×8 images that is not linear."""
    torch.manual_seed(0)
    arguments: dict[str, Any] = {
        "image_shape": (1, 8, 8),
        "decoder": partial(MLPDecoder, 2, hidden_sizes=[8], activation="tanh"),
        "posterior": partial(NormalPosterior, latent_dim=2),
        "prior": StandardNormal(2),
        "likelihood": Gaussian(sigma=0.5),
        "loss": SGVBB(),
        "num_steps": 5,
    }
    return SVIVAE(**{**arguments, **parts}).double()


def images(n: int = 3) -> Tensor:
    return torch.rand(n, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("mode", ["train", "no_grad"])
def test_q_becomes_the_exact_posterior_and_the_elbo_log_p_x(mode: str) -> None:
    """STL's gradient has no noise there, so that the steps end at p(z|x) itself."""
    linear = LinearVAE()
    model, x = svi_of(linear).train(mode == "train"), linear.images(4)
    torch.manual_seed(0)
    with torch.set_grad_enabled(mode != "no_grad"):
        q: Any = model.posterior_of(x)
        terms = model.terms(x)
    exact = linear.posterior(x)
    assert torch.allclose(q.mean, exact.mean, atol=1e-3)
    assert torch.allclose(q.covariance_matrix, exact.covariance_matrix, atol=1e-3)
    assert torch.allclose(terms["elbo"], linear.log_px(x), atol=0.02)
    assert torch.allclose(linear.elbo(x, q), linear.log_px(x), atol=1e-4)


@pytest.mark.parametrize("loss", [SGVBA(), SGVBB(), IWAE(2)], ids=lambda loss: type(loss).__name__)
def test_any_bound_finds_nearly_the_best_q(loss: Any) -> None:
    linear = LinearVAE()
    model, x = svi_of(linear, loss=loss, num_samples=20), linear.images(4)
    torch.manual_seed(0)
    gap = linear.log_px(x) - linear.elbo(x, model.posterior_of(x))
    assert (gap > 0).all()
    assert gap.max() < 0.1


def test_the_best_member_of_a_smaller_family_is_found() -> None:
    """The best diagonal q has the exact mean and the variances 1 / Λⱼⱼ for the precision Λ of p(z|x)."""
    linear = LinearVAE()
    model = svi_of(linear, posterior=partial(NormalPosterior, latent_dim=2), loss=SGVBB(), num_samples=50)
    x = linear.images(4)
    torch.manual_seed(0)
    q, exact = model.posterior_of(x), linear.posterior(x)
    assert torch.allclose(q.mean, exact.mean, atol=0.03)
    assert torch.allclose(q.variance, 1 / exact.precision_matrix.diagonal(dim1=-2, dim2=-1), rtol=0.1)


def test_at_the_exact_posterior_the_decoder_follows_log_p_x() -> None:
    """The envelope theorem: q is detached, and the gradient of the bound at the best q is that of log p(x)."""
    linear = LinearVAE()
    model, x = svi_of(linear), linear.images(4)
    parameters = [*model.requires_grad_().decoder.parameters()]
    torch.manual_seed(0)
    q: Any = model.posterior_of(x)
    assert not q.mean.requires_grad
    loss = SGVBB(20_000)(x, Densities(lambda x: q, model.prior(), model.likelihood_of)).loss
    followed = torch.autograd.grad(loss.mean(), parameters)
    exact = torch.autograd.grad(-linear.log_px(x).mean(), parameters)
    for gradient, expected in zip(followed, exact, strict=True):
        assert torch.allclose(gradient, expected, atol=0.02 * expected.abs().max().item())


def test_there_is_no_encoder_and_finding_q_leaves_no_gradient_behind() -> None:
    model = small_svi()
    assert {name.split(".")[0] for name, _ in model.named_parameters()} == {"decoder"}
    model.posterior_of(images())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert {name.split(".")[0] for name in model.state_dict()} == {"decoder"}


def test_an_image_has_the_same_posterior_in_training_and_in_any_batch() -> None:
    """A normalisation over the batch would let images affect each other, and count every step."""
    block = ["batch_norm", "activation"]
    decoder = partial(ConvDecoder, 2, hidden_sizes=[4], channels=[3], block=block)
    model = small_svi(decoder=decoder, num_steps=100, loss=STL(), num_samples=20, likelihood=Gaussian(sigma=0.1))
    x = images() * torch.tensor([0.0, 0.5, 1.0]).view(3, 1, 1, 1)
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    torch.manual_seed(0)
    trained = model.train().posterior_of(x)
    torch.manual_seed(0)
    evaluated = model.eval().posterior_of(x)
    assert torch.equal(trained.mean, evaluated.mean)
    assert torch.allclose(model.posterior_of(x[:1]).mean, trained.mean[:1], atol=0.05)
    assert (trained.mean[0] - trained.mean[1]).abs().max() > 0.2
    assert model.train().decoder.training
    assert all(torch.equal(before[name], buffer) for name, buffer in model.named_buffers())


def test_the_weight_of_the_kl_term_counts_in_finding_q() -> None:
    model, x = small_svi(loss=SGVBB(beta=1e4), num_steps=50), images()
    assert model.terms(x)["kl"].max() < 1e-3
    assert small_svi(num_steps=50).terms(x)["kl"].min() > 0.01


def test_a_flow_s_own_parameters_are_trained_with_the_decoder_s() -> None:
    model = small_svi(posterior=partial(FlowPosterior, latent_dim=2), loss=SGVBA())
    model.terms(images())["loss"].mean().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_copies_with_several_seeds_each_find_their_own() -> None:
    linear = LinearVAE()
    x = linear.images(3)
    ensemble = SeedEnsemble([svi_of(LinearVAE(seed=seed), num_steps=150) for seed in range(2)])
    elbo = ensemble.terms(x)["elbo"]
    for seed in range(2):
        assert torch.allclose(elbo[seed], LinearVAE(seed=seed).log_px(x), atol=0.3)
    assert (elbo[0] - elbo[1]).abs().min() > 0.3
    with pytest.raises(UserError, match=r"seeds=2 .* which cannot do a part of this model"):
        check_vmap(SeedEnsemble([small_svi().float() for _ in range(2)]))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"loss": WakeSleep()}, "loss: WakeSleep fits an encoder to samples, and this model has none"),
        ({"loss": MCEM()}, "loss: MCEM fits an encoder to samples"),
        ({"loss": SGVBB(free_bits=0.1)}, r"free_bits=0\.1: expected 0, since they are counted over a batch"),
        (
            {"prior": partial(VampPrior, num_components=3)},
            "prior: expected a Prior; one that is made of the model's own",
        ),
        ({"num_steps": 0}, "num_steps=0: expected a whole number of at least 1"),
        ({"learning_rate": 0}, "learning_rate=0: expected a finite number above 0"),
        ({"num_samples": 0}, "num_samples=0: expected a whole number of at least 1"),
    ],
)
def test_what_cannot_work_is_refused(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small_svi(**parts)


def test_there_are_no_gradients_of_an_encoder_to_compare() -> None:
    with pytest.raises(UserError, match="SVIVAE has no encoder whose gradients could be compared"):
        compare_estimators(small_svi(), images(), {"A": SGVBA})
