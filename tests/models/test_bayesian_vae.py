"""Full variational Bayes against exact evidence."""

from collections.abc import Callable
from functools import partial
from math import log
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from aevb.distributions import Gaussian, NormalPosterior, StandardNormal
from aevb.evaluate import evaluate
from aevb.evaluate.sections.weights import Weights
from aevb.losses import IWAE, SGVBA, SGVBB, STL, VariationalBound
from aevb.models import VAE, BayesianVAE, SeedEnsemble
from aevb.networks import ConvDecoder, Decoder, MLPDecoder, MLPEncoder
from tests.models_known_exactly.bayesian_ppca import MeanField, log_evidence, log_evidence_by_sampling, mean_field

N = 6


class BiasDecoder(Decoder):
    """The same pixels for every z: with one Gaussian of them the posterior p(b|X) is known, and factorises."""

    def __init__(self, output_shape: tuple[int, ...]) -> None:
        super().__init__()
        self.output_shape = tuple(output_shape)
        self.bias = nn.Parameter(torch.zeros(self.output_shape))

    def forward(self, z: Tensor) -> Tensor:
        return self.bias.expand(*z.shape[:-1], *self.output_shape)


def two_pixels(sigma: float, loss: VariationalBound | None = None, **options: Any) -> BayesianVAE:
    """Bayesian probabilistic PCA of 1×1×2 images, with one latent dimension."""
    torch.manual_seed(0)
    arguments: dict[str, Any] = {
        "encoder": MLPEncoder((1, 1, 2), []),
        "decoder": partial(MLPDecoder, 1, hidden_sizes=[]),
        "posterior": partial(NormalPosterior, latent_dim=1),
        "prior": StandardNormal(1),
        "likelihood": Gaussian(sigma=sigma),
        "loss": loss or SGVBB(),
        "start_std": 0.1,
    }
    model = BayesianVAE(**{**arguments, **options}).double()
    model.begin_training(N)
    return model


def some_images() -> Tensor:
    """(N, 1, 1, 2)."""
    generator = torch.Generator().manual_seed(0)
    z, noise = (torch.randn(N, n, dtype=torch.float64, generator=generator) for n in (1, 2))
    x = z * torch.tensor([1.0, -0.7]) + torch.tensor([0.5, 0.2]) + 0.5 * noise
    return x.view(N, 1, 1, 2)


@torch.no_grad()
def bound_of(model: BayesianVAE, x: Tensor, draws: int = 400) -> tuple[float, float]:
    """The bound on log p(X) in nats, averaged over draws of the weights, and its standard error."""
    values = torch.stack([N * model.terms(x)["elbo"].mean() for _ in range(draws)])
    return values.mean().item(), values.std().item() / draws**0.5


@torch.no_grad()
def set_to(model: BayesianVAE, best: MeanField) -> None:
    """Give q(θ) and q(z|x) the best factorised approximation's parameters."""
    pixels: Any = model.decoder
    pixels.pixels.weight.copy_(best.weight.mean.unsqueeze(1))
    pixels.pixels.bias.copy_(best.bias.mean)
    for log_std, q in zip(model.log_std, (best.weight, best.bias), strict=True):
        log_std.copy_(q.stddev.log().view_as(log_std))
    head: Any = model.posterior.head
    head.weight.copy_(torch.stack([best.slope, torch.zeros(2)]))
    head.bias.copy_(torch.stack([-(best.slope @ best.bias.mean), 2 * best.std.log()]))


def test_the_evidence_of_two_pixels_is_the_same_by_sampling() -> None:
    x = some_images().flatten(1)
    assert log_evidence(x, 2.0) == pytest.approx(log_evidence_by_sampling(x, 2.0, 200_000), abs=0.01)


@pytest.mark.parametrize("weight_kl", ["closed_form", "sampled"])
@pytest.mark.parametrize("loss", [SGVBA(), SGVBB(), STL(), IWAE(3)], ids=lambda loss: type(loss).__name__)
def test_the_bound_of_the_best_factorised_q_is_coordinate_ascent_s(loss: VariationalBound, weight_kl: str) -> None:
    x = some_images()
    best = mean_field(x.flatten(1), 2.0)
    model = two_pixels(2.0, loss, weight_kl=weight_kl)
    set_to(model, best)
    bound, error = bound_of(model, x)
    assert abs(bound - best.bound) < 5 * error
    assert error < 0.1
    assert 0.1 < log_evidence(x.flatten(1), 2.0) - best.bound < 0.5


@pytest.mark.parametrize("seed", range(3))
def test_for_any_parameters_the_bound_lies_below_the_evidence(seed: int) -> None:
    model, x = two_pixels(2.0), some_images()
    best = mean_field(x.flatten(1), 2.0)
    set_to(model, best)
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.2)
    bound, error = bound_of(model, x)
    assert bound + 5 * error < log_evidence(x.flatten(1), 2.0)


def test_training_reaches_the_best_bound_of_a_factorised_q() -> None:
    """At σ = 0.5 p(W|X) has two modes, W and -W, of which q has one: log 2 of the 2.4 nats to the evidence."""
    x = some_images()
    best, evidence = mean_field(x.flatten(1), 0.5), log_evidence(x.flatten(1), 0.5)
    model = two_pixels(0.5, SGVBB(4))
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 600)
    for _ in range(600):
        optimizer.zero_grad()
        model.terms(x)["loss"].mean().backward()
        optimizer.step()
        schedule.step()
    bound, error = bound_of(model, x)
    assert abs(bound - best.bound) < 0.15 + 5 * error
    assert 0.69 < evidence - bound < 3


@pytest.mark.parametrize("weight_kl", ["closed_form", "sampled"])
@pytest.mark.parametrize("prior_std", [1.0, 3.0])
def test_where_the_factorised_q_is_exact_so_is_the_bound(weight_kl: str, prior_std: float) -> None:
    """x ~ N(b, σ²): log p(X, b) - log q(b) is log p(X) for every b; with the KL in closed form, in expectation."""
    sigma, x = 0.5, some_images()
    model = two_pixels(sigma, SGVBA(), decoder=BiasDecoder, prior_std=prior_std, weight_kl=weight_kl)
    precision = prior_std**-2 + N / sigma**2
    with torch.no_grad():
        for parameter in model.posterior.parameters():
            parameter.zero_()  # q(z|x) = p(z)
        model.decoder.get_parameter("bias").copy_(x.sum(0) / sigma**2 / precision)
        model.log_std[0].fill_(-log(precision) / 2)
    covariance = prior_std**2 + sigma**2 * torch.eye(N).double()
    exact = MultivariateNormal(torch.zeros(N).double(), covariance).log_prob(x.flatten(1).T).sum().item()
    if weight_kl == "sampled":
        bound, error = bound_of(model, x, 10)
        assert error < 1e-9
    else:  # for a quadratic function of independent normals, the mean of its values at μ ± σ is its expectation
        ends = [{name: q.mean + sign * q.stddev for name, q in model.weight_posterior().items()} for sign in (-1, 1)]
        z = torch.zeros(N, 1).double()
        log_p = [model.likelihood_with(weights, z).log_prob(x).sum().item() for weights in ends]
        bound = (log_p[0] + log_p[1]) / 2 - model.kl_weights(ends[0]).item()
    assert bound == pytest.approx(exact, abs=1e-6)


def test_the_sampled_kl_of_the_weights_and_its_gradient_are_the_closed_form_s_on_average() -> None:
    model = two_pixels(1.0, prior_std=2.0)
    parameters = [*model.decoder.parameters(), *model.log_std]

    def with_gradient(weight_kl: str) -> Tensor:
        model.weight_kl = weight_kl
        kl = model.kl_weights({name: q.rsample() for name, q in model.weight_posterior().items()})
        gradients = torch.autograd.grad(kl, parameters)
        return torch.cat([kl.detach().reshape(1), *(gradient.flatten() for gradient in gradients)])

    exact = with_gradient("closed_form")
    sampled = torch.stack([with_gradient("sampled") for _ in range(1500)])
    assert ((sampled.mean(0) - exact).abs() < 5 * sampled.std(0) / 1500**0.5).all()
    assert torch.equal(exact, with_gradient("closed_form"))


def test_the_terms_say_what_the_loss_counts(small_vae: Callable[..., VAE]) -> None:
    model, x = two_pixels(1.0), some_images()
    terms = model.terms(x)
    assert list(terms) == list(model.term_names)
    assert terms["kl_weights"].unique().item() == pytest.approx(model.kl_weights({}).item())
    assert torch.allclose(terms["kl_weights_per_image"] * N, terms["kl_weights"])
    assert torch.allclose(-terms["elbo"], terms["reconstruction"] + terms["kl"] + terms["kl_weights_per_image"])
    assert torch.allclose(terms["loss"], -terms["elbo"])
    assert model.units["kl_weights"] == "nats per data set"


def test_a_minibatch_shares_its_weights_and_pictures_have_their_means() -> None:
    model = two_pixels(1.0, decoder=BiasDecoder).eval()
    first, second = (model.terms(some_images()[:1].expand(4, 1, 1, 2))["reconstruction"] for _ in range(2))
    assert len(first.unique()) == len(second.unique()) == 1
    assert not torch.equal(first, second)
    z = torch.randn(3, 1).double()
    assert torch.equal(model.decode(z), model.decoder(z))


def test_a_checkpoint_knows_how_many_images_there_were() -> None:
    model, x = two_pixels(1.0), some_images()
    loaded = two_pixels(1.0)
    loaded.begin_training(1)
    loaded.load_state_dict(model.state_dict())
    terms = []
    for each in (model, loaded):
        torch.manual_seed(1)
        terms.append(each.terms(x)["elbo"])
    assert torch.equal(*terms)


def test_before_training_the_weights_cost_nothing_and_buffers_have_no_distribution() -> None:
    decoder = partial(ConvDecoder, 1, hidden_sizes=[4], channels=[3], block=["batch_norm", "activation"])
    model = two_pixels(1.0, decoder=decoder, encoder=MLPEncoder((1, 8, 8), []))
    model.begin_training(2**60)
    x = torch.rand(3, 1, 8, 8).double()
    assert model.terms(x)["kl_weights_per_image"].max() < 1e-6
    assert len(model.log_std) == len(list(model.decoder.parameters()))
    model.eval()
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    model.terms(x)
    assert all(torch.equal(before[name], buffer) for name, buffer in model.named_buffers())
    model.train().terms(x)
    moved = [name for name, buffer in model.named_buffers() if not torch.equal(before[name], buffer)]
    assert {name.rpartition(".")[2] for name in moved} == {"running_mean", "running_var", "num_batches_tracked"}


@pytest.mark.parametrize("way", ["all_at_once", "one_after_another"])
def test_copies_with_several_seeds_draw_their_own_weights(way: str) -> None:
    ensemble, x = SeedEnsemble([two_pixels(1.0, decoder=BiasDecoder) for _ in range(2)]), some_images()
    ensemble.begin_training(3 * N)
    terms = getattr(ensemble, way)(x)
    assert torch.allclose(terms["kl_weights"][0], terms["kl_weights"][1])
    assert torch.allclose(terms["kl_weights"], 3 * N * terms["kl_weights_per_image"])
    assert not torch.allclose(terms["reconstruction"][0], terms["reconstruction"][1])
    for gradient in torch.autograd.grad(terms["loss"][1].sum(), list(ensemble.model.log_std)):  # type: ignore[arg-type]
        assert not gradient[0].any()
        assert gradient[1].all()


def test_an_evaluation_measures_the_bound_and_says_of_others_that_they_have_none(
    small_vae: Callable[..., VAE],
) -> None:
    model, x = two_pixels(2.0), some_images().sigmoid()
    best = mean_field(x.flatten(1), 2.0)
    set_to(model, best)
    found = evaluate(model, x, sections={"weights": Weights(300)})
    assert N * found["elbo_over_weights"].value == pytest.approx(best.bound, abs=0.2)
    difference = found["elbo_predictive"].value - found["elbo_over_weights"].value
    assert N * difference == pytest.approx(found["kl_weights"].value)
    skipped = evaluate(small_vae(), torch.rand(2, 1, 4, 4).double(), sections="weights")
    assert skipped.not_applicable == {"weights": "only a BayesianVAE has a distribution of weights, not VAE"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prior_std": 0}, "prior_std=0: expected a finite number above 0"),
        ({"start_std": -1}, "start_std=-1: expected a finite number above 0"),
        ({"weight_kl": "exact"}, "weight_kl='exact': expected one of closed_form, sampled"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        two_pixels(1.0, **options)
