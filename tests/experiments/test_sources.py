"""The experiments of the five sources build what their authors wrote."""

from collections.abc import Callable, Iterator
from math import log

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor

from aevb.losses import SGVBB
from aevb.losses.as_written import kl_without_squares
from aevb.models import VAE, Autoencoder, ImageModel
from tests.experiments import transcriptions as sources

Configure = Callable[..., DictConfig]
FIRST = (1, 2, 2, 1)  # strides of the decoder in the first listing of 001, and in the second
SECOND = (1, 2, 2, 1, 1)

NETWORKS: list[tuple[str, sources.Source, int]] = [  # the trained parameters, as SPEC.md counts them
    ("linear_ae", sources.linear, 3_922),
    ("mlp_ae", sources.shallow, 806_674),
    ("mlp_vae", sources.shallow, 807_700),
    ("deep_conv_vae", sources.deep(28), 3_154_373),
    ("deep_conv_vae latent_dim=128", sources.deep(28), 3_928_769),
    ("deep_conv_vae_32", sources.deep(32), 3_153_349),
    ("deep_conv_vae_64", sources.deep(64), 3_162_085),
    ("deep_conv_vae_64 latent_dim=128", sources.deep(64), 3_936_481),
    ("keras_ae", sources.keras(("a", "a"), FIRST, torch.sigmoid), 200_963),
    ("keras_ae_batch_norm", sources.keras(("ab", "ab"), FIRST, torch.sigmoid), 201_731),
    ("keras_ae_tanh", sources.keras(("ba", "ba"), SECOND, torch.tanh), 238_787),
    ("keras_vae", sources.keras(("a", "a"), FIRST, torch.sigmoid), 207_237),
    ("keras_vae_batch_norm", sources.keras(("ba", "ab"), FIRST, torch.sigmoid), 208_005),
    ("cvae", sources.cvae, 69_989),
    ("conv_vae_z2", sources.conv_vae, 96_677),
    ("conv_vae_z4", sources.conv_vae, 115_497),
]
TRAINING = {  # optimiser, learning rate, batch, epochs, images (None: all 60,000), range of the pixels
    "linear_ae": (None, None, 64, None, None, [-1, 1]),
    "mlp_ae": ("AdamW", 1e-3, 256, 25, None, [0, 1]),
    "mlp_vae": ("AdamW", 1e-3, 256, 25, None, [0, 1]),
    "deep_conv_vae": ("AdamW", 1e-3, 256, 25, None, [0, 1]),
    "keras_ae": ("Adam", None, None, 200, 2000, [0, 1]),
    "keras_ae_tanh": ("Adam", None, None, 200, 2000, [-1, 1]),
    "keras_vae": ("Adam", None, None, 200, 2000, [0, 1]),
    "cvae": ("Adam", 1e-4, None, 50, None, [0, 1]),
    "conv_vae_z2": ("Adam", 1e-3, 100, 50, None, [0, 1]),
    "conv_vae_z4": ("Adam", 1e-3, 100, 50, None, [0, 1]),
}


def build(cfg: DictConfig) -> ImageModel:
    torch.manual_seed(0)
    model: ImageModel = instantiate(cfg.model, _convert_="all")
    instantiate(cfg.init)(model)
    return model


def images(cfg: DictConfig, n: int = 3) -> Tensor:
    grey = torch.rand(n, 1, cfg.data.image_size, cfg.data.image_size, generator=torch.Generator().manual_seed(1))
    low, high = cfg.data.range
    return low + (high - low) * grey


def raw_code(model: ImageModel, x: Tensor) -> Tensor:
    """What the encoder and its heads give: a code, or (μ, s)."""
    assert isinstance(model, VAE | Autoencoder)
    head = model.posterior.head if isinstance(model, VAE) else model.to_code
    raw: Tensor = head(model.encoder(x))
    return raw


def weights(*parts: torch.nn.Module) -> Iterator[Tensor]:
    return iter([parameter for part in parts for parameter in part.parameters()])


@pytest.mark.parametrize(("options", "source", "count"), NETWORKS, ids=[options for options, *_ in NETWORKS])
@torch.no_grad()
def test_the_network_is_the_authors(configure: Configure, options: str, source: sources.Source, count: int) -> None:
    cfg = configure(*f"experiment={options}".split())
    model = build(cfg)
    assert isinstance(model, VAE | Autoencoder)
    assert sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad) == count
    x, z = images(cfg), torch.randn(3, cfg.latent_dim)
    head = model.posterior if isinstance(model, VAE) else model.to_code
    taken = weights(model.encoder, head)
    torch.testing.assert_close(raw_code(model, x), source.encode(x, taken))
    assert not list(taken)
    taken = weights(model.decoder)
    torch.testing.assert_close(model.decode(z), source.decode(z, taken))
    assert not list(taken)


@pytest.mark.parametrize("name", TRAINING)
def test_the_training_is_the_authors(configure: Configure, name: str) -> None:
    cfg = configure(f"experiment={name}")
    optimizer, lr, batch_size, epochs, limit, pixel_range = TRAINING[name]
    assert cfg.data.val_size == 0
    assert cfg.data.limit == limit
    assert list(cfg.data.range) == pixel_range
    assert optimizer in (None, cfg.optimizer._target_.rpartition(".")[2])
    assert lr in (None, cfg.optimizer.lr)
    assert batch_size in (None, cfg.data.batch_size)
    assert epochs in (None, cfg.trainer.max_epochs)


@pytest.mark.parametrize(("lr_step", "falls"), [(1.0, 0), (0.4, 2)])
def test_the_learning_rate_falls_to_a_third(configure: Configure, lr_step: float, falls: int) -> None:
    cfg = configure("experiment=mlp_ae", f"lr_step={lr_step}")
    optimizer = instantiate(cfg.optimizer)(build(cfg).parameters())
    scheduler = instantiate(cfg.scheduler)(optimizer)
    rates = set()
    for _ in range(cfg.trainer.max_epochs):
        rates.add(round(scheduler.get_last_lr()[0], 12))
        optimizer.step()
        scheduler.step()
    assert rates == {round(1e-3 * 0.333**i, 12) for i in range(falls + 1)}


@pytest.mark.parametrize(("name", "s_of_one"), [("mlp_vae", 1.0), ("keras_vae", 0.5), ("conv_vae_z2", 0.5)])
def test_sigma_is_exp_s_or_exp_half_s(configure: Configure, name: str, s_of_one: float) -> None:
    model = build(configure(f"experiment={name}"))
    assert isinstance(model, VAE)
    q = model.posterior.distribution(torch.tensor([[0.0, 0.0, 1.0, -1.0]]))
    torch.testing.assert_close(q.stddev.log(), torch.tensor([[s_of_one, -s_of_one]]))


def written_and_right(configure: Configure, name: str) -> tuple[VAE, dict[str, Tensor], dict[str, Tensor], Tensor]:
    """The model with the loss of the author; its terms, those of SGVB-B, and the z of both, with the same noise."""
    cfg = configure(f"experiment={name}", "loss=as_written")
    model = build(cfg)
    assert isinstance(model, VAE)
    x = images(cfg)
    torch.manual_seed(5)
    written = model.terms(x)
    torch.manual_seed(5)
    z = model.posterior_of(x).rsample(torch.Size((1,))).squeeze(0)
    model.loss = SGVBB()
    torch.manual_seed(5)
    return model, written, model.terms(x), z


@pytest.mark.parametrize("name", ["mlp_vae", "deep_conv_vae", "keras_vae"])
def test_as_written_minimises_what_the_author_does_and_reports_the_right_nats(configure: Configure, name: str) -> None:
    model, written, right, z = written_and_right(configure, name)
    x = images(configure(f"experiment={name}"))
    errors = (model.decode(z) - x).square().flatten(1)
    q = model.posterior_of(x).base_dist  # type: ignore[attr-defined]
    if name == "keras_vae":
        author = 1000 * errors.mean(1) - 0.5 * (1 + 2 * q.stddev.log() - q.mean**2 - q.stddev**2).sum(1)
    else:
        author = errors.sum(1) + (q.stddev**2 + q.mean**2 - q.stddev.log() - 0.5).sum(1)
    torch.testing.assert_close(written["loss"], author)
    for term in ("elbo", "reconstruction", "kl"):
        torch.testing.assert_close(written[term], right[term])


def test_the_authors_keras_loss_is_the_bound_less_a_constant(configure: Configure) -> None:
    _, written, right, _ = written_and_right(configure, "keras_vae")
    difference = right["loss"] - written["loss"]
    torch.testing.assert_close(difference, difference[:1].expand(3))


def test_the_kl_without_squares_belongs_to_a_narrower_prior() -> None:
    mean, std = torch.randn(4, 3, dtype=torch.float64), torch.rand(4, 3, dtype=torch.float64) + 0.1
    q = torch.distributions.Independent(torch.distributions.Normal(mean, std), 1)
    narrow = torch.distributions.Normal(torch.zeros_like(mean), torch.full_like(mean, 0.5**0.5))
    kl = torch.distributions.kl_divergence(q, torch.distributions.Independent(narrow, 1))
    torch.testing.assert_close(kl_without_squares(q), kl + 3 / 2 * log(2))


def test_the_kl_without_squares_is_for_gaussians() -> None:
    q = torch.distributions.Independent(torch.distributions.Laplace(torch.zeros(2, 3), 1.0), 1)
    with pytest.raises(ValueError, match="that of a Gaussian"):
        kl_without_squares(q)
