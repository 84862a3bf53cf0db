"""Runs in other precisions than float32."""

from collections.abc import Callable
from functools import partial
from math import nan
from pathlib import Path

import pytest
import torch
from lightning.pytorch import Trainer
from omegaconf import DictConfig
from torch import nn

from aevb.distributions import Bernoulli
from aevb.errors import UserError
from aevb.losses import MSE
from aevb.models import VAE, Autoencoder, SeedEnsemble
from aevb.networks import ConvEncoder, MLPDecoder, MLPEncoder, MovingAverageCodebook
from aevb.precision import at_least_single
from aevb.runs.checkpoint import load_model
from aevb.train import LightningModel
from aevb.train.callbacks.finite_guard import remedy
from aevb.train.half_weights import HalfWeights
from aevb.train.run import train
from tests.train.test_train import QUICK, metrics_of, same, weights

Configure = Callable[..., DictConfig]
SHORT = (*QUICK, "data.limit=384")
HALF = (torch.bfloat16, torch.float16)


@pytest.mark.parametrize(
    "precision", ["bf16-true", *(pytest.param(name, marks=pytest.mark.slow) for name in ("64-true", "bf16-mixed"))]
)
def test_a_run_is_near_one_in_float32_and_resumes_to_the_last_bit(configure: Configure, precision: str) -> None:
    clipped = (f"trainer.precision={precision}", "+trainer.gradient_clip_val=50", "optimizer.fused=false")
    single, whole = configure(*SHORT, "trainer.max_epochs=2"), configure(*SHORT, *clipped, "trainer.max_epochs=2")
    half = configure(*SHORT, *clipped, "trainer.max_epochs=1", "speed=plain")
    for cfg in (single, whole, half):
        train(cfg)
    rest = configure(*SHORT, *clipped, "trainer.max_epochs=2", "speed=plain", f"ckpt_path={half.run_dir}")
    train(rest)
    assert same(weights(whole), weights(rest))
    assert metrics_of(whole)["test"] == metrics_of(rest)["test"]
    loss = metrics_of(whole)["test"]["loss"]
    assert loss == pytest.approx(metrics_of(single)["test"]["loss"], rel=0.01)
    assert 2**12 * loss % 1 > 0  # a mean of thousands of digits
    assert next(load_model(Path(whole.run_dir)).parameters()).dtype == torch.float32


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("trainer.precision=16-true",), r"no room for the gradients.* use trainer\.precision=bf16-mixed"),
        (("trainer.precision=transformer-engine",), r"layers of transformers.* use trainer\.precision=bf16-mixed"),
        (("trainer.precision=bf16-mixed", "+trainer.gradient_clip_val=1"), r"add optimizer\.fused=false"),
    ],
)
def test_what_cannot_be_right_is_refused_before_training(
    configure: Configure, options: tuple[str, ...], message: str
) -> None:
    cfg = configure(*SHORT, *options)
    with pytest.raises(UserError, match=message):
        train(cfg)
    assert not (Path(cfg.run_dir) / "checkpoints").exists()


@pytest.mark.parametrize("dtype", HALF)
def test_a_network_takes_and_gives_single_precision_whatever_its_weights(dtype: torch.dtype) -> None:
    encoder, decoder = MLPEncoder((1, 4, 4), [8]), MLPDecoder(2, (1, 4, 4), [8])
    x, z = torch.rand(3, 1, 4, 4), torch.randn(3, 2)
    expected = encoder(x), decoder(z)
    for network, given, before in zip((encoder.to(dtype), decoder.to(dtype)), (x, z), expected, strict=True):
        after = network(given)
        assert after.dtype == torch.float32
        assert torch.allclose(before, after, atol=0.02)
        assert next(network.parameters()).dtype == dtype
    assert encoder.double()(x).dtype == torch.float64
    assert at_least_single(x) is x


def test_half_weights_are_those_of_networks_alone() -> None:
    encoder = ConvEncoder((1, 8, 8), [3], block=["batch_norm", "activation"])
    model = Autoencoder(2, encoder, partial(MLPDecoder, 2, hidden_sizes=[8]), MSE())
    HalfWeights().convert_module(model)
    single = [name for name, tensor in model.state_dict().items() if tensor.dtype == torch.float32]
    half = [name for name, tensor in model.state_dict().items() if tensor.dtype == torch.bfloat16]
    assert {name.split(".")[0] for name in half} == {"encoder", "decoder"}
    assert all(name.startswith("to_code") or "running" in name or "weight" in name or "bias" in name for name in single)
    assert sum("running" in name for name in single) == 2
    model.terms(torch.rand(4, 1, 8, 8))["loss"].sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_sums_over_pixels_are_in_single_precision_under_autocast() -> None:
    torch.manual_seed(0)
    logits, x = torch.randn(5, 1, 28, 28), torch.rand(5, 1, 28, 28)
    expected = Bernoulli()(logits.double()).log_prob(x.double())
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert torch.allclose(Bernoulli()(logits).log_prob(x).double(), expected, rtol=1e-5)


def test_a_codebook_moves_under_autocast_as_it_does_without() -> None:
    maps = torch.randn(4, 3, 2, 2)
    books = []
    for enabled in (False, True):
        torch.manual_seed(0)
        books.append(MovingAverageCodebook(5, 3))
        for _ in range(3):
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                books[-1](maps)
    assert all(torch.equal(a, b) for a, b in zip(books[0].buffers(), books[1].buffers(), strict=True))


@pytest.mark.parametrize(
    ("options", "copies", "expected"),
    [
        ({}, 1, "+trainer.gradient_clip_val=1"),
        ({"gradient_clip_val": 5}, 1, "trainer.gradient_clip_val (now 5)"),
        ({"precision": "bf16-mixed"}, 1, "+trainer.gradient_clip_val=1 optimizer.fused=false"),
        ({}, 2, "+trainer.gradient_clip_val=1 +trainer.gradient_clip_algorithm=value"),
    ],
)
def test_the_remedy_for_a_diverged_run_goes_with_its_options(
    small_vae: Callable[..., VAE], options: dict[str, object], copies: int, expected: str
) -> None:
    model = SeedEnsemble([small_vae() for _ in range(copies)]) if copies > 1 else small_vae()
    trainer = Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, **options)  # type: ignore[arg-type]
    trainer.strategy.connect(LightningModel(model, partial(torch.optim.Adam, fused=True)))
    trainer.optimizers = [torch.optim.Adam([nn.Parameter(torch.tensor(nan))], fused=True)]
    assert remedy(trainer) == f"A smaller optimizer.lr or {expected} often helps."
