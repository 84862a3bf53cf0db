"""On a model trained on real digits, three roads to log p(x) meet."""

from pathlib import Path

import pytest
import torch

from aevb.metrics.annealed import annealed_importance
from aevb.metrics.importance import importance_estimates
from aevb.metrics.inference_gap import inference_gap
from aevb.metrics.quadrature import integrate_latents as quadrature
from aevb.models import VAE
from aevb.runs.checkpoint import load_data, load_model
from aevb.train.run import train
from tests.test_configs import Configure


@pytest.mark.slow
def test_sampling_and_annealing_agree_with_quadrature(configure: Configure) -> None:
    # IWAE makes q(z|x) cover p(z|x), without which no number of samples of q suffices.
    cfg = configure(
        "data.limit=10000",
        "data.binarize=dynamic",
        "trainer.max_epochs=8",
        "trainer=cpu",
        "callbacks=checkpoint",
        "loss=iwae",
        "loss.num_samples=10",
    )
    train(cfg)
    run = Path(cfg.run_dir)
    model = load_model(run)
    assert isinstance(model, VAE)
    model.requires_grad_(False)
    x, _ = load_data(run).images("test", 40)
    exact = quadrature(model, x)
    assert exact.error.max() < 5e-3
    assert (exact.log_px > exact.elbo).all()

    torch.manual_seed(0)
    ladder = importance_estimates(model, x, [1, 30_000], decodes=10_000)
    difference = exact.log_px - ladder.log_px[30_000]
    error = (1 / ladder.ess - 1 / 30_000).clamp(min=0).sqrt()
    assert (difference.abs() < 5 * error + exact.error + 0.01).float().mean() >= 0.9
    assert difference.mean().abs() < 0.05 < 0.2 < (exact.log_px - ladder.log_px[1]).mean()

    found = annealed_importance(model, x, 16, 200, 10, decodes=10_000)
    error = (1 / found.ess - 1 / 16).clamp(min=0).sqrt()
    difference = (found.log_px - exact.log_px).abs()
    assert (difference < 5 * error + exact.error).float().mean() >= 0.9
    assert (found.log_px - exact.log_px).mean().abs() < 0.5

    gap = inference_gap(model, x, 300, 1000, decodes=10_000)
    assert (exact.log_px - gap.elbo_best).mean() < (exact.log_px - gap.elbo).mean()
    assert (gap.elbo - exact.elbo).mean().abs() < 0.3
