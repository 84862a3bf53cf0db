"""The gradients of one model, measured."""

from collections.abc import Callable
from functools import partial

import pytest
import torch

from aevb.compare_estimators.gradients import PARTS, Gradients
from aevb.compare_estimators.measure import measure
from aevb.compare_estimators.sentences import sentences
from aevb.compare_estimators.statistics import GradientNoise
from aevb.errors import UserError
from aevb.losses import IWAE, SGVBA, SGVBB, STL, DReG, ScoreFunction
from aevb.models import VAE

ESTIMATORS = {"score_function": ScoreFunction, "sgvb_a": SGVBA, "sgvb_b": SGVBB, "stl": STL, "iwae": IWAE, "dreg": DReG}


@pytest.fixture
def rows(small_vae: Callable[..., VAE]) -> list[GradientNoise]:
    with torch.random.fork_rng(devices=[]):
        gradients = Gradients(small_vae(), torch.rand(3, 1, 4, 4).double(), seed=0)
        return measure(gradients, ESTIMATORS, [4, 1], repetitions=100, reference_samples=1000)


def test_variances_relate_as_the_theory_says(rows: list[GradientNoise]) -> None:
    found = {row[:3]: row for row in rows}
    assert list(found) == [(name, n, part) for name in ESTIMATORS for n in (1, 4) for part in PARTS]
    for part in PARTS:
        one, four = (found["sgvb_a", n, part].variance for n in (1, 4))
        assert one.standard_error is not None
        assert one.value / four.value == pytest.approx(4, abs=4 * 4 * 1.5 * one.standard_error / one.value)
        for other, same in (("iwae", "sgvb_a"), ("dreg", "stl")):  # with one sample
            a, b = (found[name, 1, part].variance for name in (other, same))
            assert a.value == pytest.approx(b.value, abs=6 * (a.standard_error or 0))
    assert found["score_function", 1, "encoder"].variance.value > 5 * found["sgvb_a", 1, "encoder"].variance.value
    for row in rows:
        for bias in (row.squared_bias, row.squared_bias_log_p):
            assert (bias is None) == (bias is row.squared_bias_log_p and row.parameters == "encoder")
        assert row.squared_bias.value < 4 * (row.squared_bias.standard_error or 0)
    assert "No gradient is biased" in sentences(rows)[-1]


def test_a_loss_that_is_not_the_elbo_is_found_out(small_vae: Callable[..., VAE]) -> None:
    with torch.random.fork_rng(devices=[]):
        gradients = Gradients(small_vae(), torch.rand(3, 1, 4, 4).double(), seed=0)
        rows = measure(gradients, {"sgvb_b": partial(SGVBB, beta=4.0)}, [8], repetitions=40, reference_samples=1000)
    assert rows[0].squared_bias.value > 10 * (rows[0].squared_bias.standard_error or 0)
    assert any("SGVB-B's encoder gradient is biased at 8 samples" in sentence for sentence in sentences(rows))


def test_the_gradient_of_log_p_is_that_of_many_samples(small_vae: Callable[..., VAE]) -> None:
    with torch.random.fork_rng(devices=[]):
        gradients = Gradients(small_vae(), torch.rand(3, 1, 4, 4).double(), seed=0)
        ours = gradients.log_p_reference(2000)
        torch.manual_seed(1)
        loss = gradients.loss(IWAE(num_samples=20_000))
        exact = torch.cat([g.flatten() for g in torch.autograd.grad(loss, gradients.theta)])
    assert torch.allclose(ours.sums.mean(0), exact, atol=0.05 * exact.norm().item())


def test_a_model_that_diverged_is_named(small_vae: Callable[..., VAE]) -> None:
    vae = small_vae()
    torch.nn.init.constant_(next(vae.decoder.parameters()), float("nan"))
    torch.distributions.Distribution.set_default_validate_args(False)  # as the command does
    with torch.random.fork_rng(devices=[]), pytest.raises(UserError, match="diverged"):
        measure(Gradients(vae, torch.rand(3, 1, 4, 4).double(), 0), {"sgvb_a": SGVBA}, [1], 20, 100)


@pytest.mark.parametrize(("dead", "why"), [("all", "is zero"), ("decoder", "is the same for all samples of z")])
def test_a_gradient_without_noise_is_named(dead: str, why: str, small_vae: Callable[..., VAE]) -> None:
    model = small_vae()
    with torch.no_grad():
        for parameter in (model if dead == "all" else model.decoder).parameters():
            parameter.zero_()
    gradients = Gradients(model, torch.rand(3, 1, 4, 4).double(), seed=0)
    with pytest.raises(UserError, match=f"gradient by the encoder's parameters {why}"):
        measure(gradients, {"sgvb_b": SGVBB}, [1], repetitions=20, reference_samples=20)
