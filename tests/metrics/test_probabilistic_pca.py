"""Training reaches the maximum likelihood of probabilistic PCA, which is known."""

from collections.abc import Callable
from math import log, pi

import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from aevb.distributions import FullNormalPosterior, Gaussian, NormalPosterior
from aevb.losses import IWAE, SGVBB, STL, VariationalBound
from aevb.metrics.elbo import estimate as elbo
from aevb.metrics.importance import importance_estimates
from tests.models_known_exactly.linear_vae import LinearVAE

LATENT = 3


def real_digits() -> Tensor:
    return torch.from_numpy(load_digits().images / 16).unsqueeze(1)  # (1797, 1, 8, 8)


def maximum_likelihood(x: Tensor) -> float:
    """max log p(x) for each image: -½ (n log 2π + Σⱼ log λⱼ + (n - D) log σ² + n), with σ² the mean of the n - D
    smallest eigenvalues λ of the covariance (Tipping & Bishop 1999, equation 15).
    """
    flat = x.flatten(1)
    n = flat.shape[1]
    eigenvalues = torch.linalg.eigvalsh(torch.cov(flat.T, correction=0)).flip(0)
    noise = eigenvalues[LATENT:].mean()
    total = n * log(2 * pi) + eigenvalues[:LATENT].log().sum() + (n - LATENT) * noise.log() + n
    return -total.item() / 2


def test_scikit_learn_knows_the_same_maximum() -> None:
    x = real_digits().flatten(1).numpy()
    score = PCA(LATENT).fit(x).score(x)  # its covariance divides by N - 1
    assert maximum_likelihood(real_digits()) == pytest.approx(score, abs=1e-3)
    assert maximum_likelihood(real_digits()) > score


@pytest.mark.parametrize(
    ("posterior", "loss"),
    [(FullNormalPosterior, SGVBB()), (NormalPosterior, STL()), (NormalPosterior, IWAE(5))],
)
@pytest.mark.slow
def test_training_reaches_it_within_a_tenth_of_a_nat(
    posterior: Callable[..., nn.Module], loss: VariationalBound
) -> None:
    """A diagonal posterior suffices: W can be rotated until p(z|x) is diagonal (Lucas et al. 2019)."""
    torch.distributions.Distribution.set_default_validate_args(False)
    x = real_digits()
    likelihood = Gaussian(scale="learned", sigma=0.3)
    linear = LinearVAE(LATENT, posterior=posterior, image_shape=(1, 8, 8), likelihood=likelihood, loss=loss)
    linear.weight.mul_(0.1)
    model = linear.model.requires_grad_(True)
    steps = 800
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, fused=True)
    schedule = CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        model.terms(x[torch.randint(len(x), (200,))])["loss"].mean().backward()
        optimizer.step()
        schedule.step()
    model.requires_grad_(False)
    linear.sigma = likelihood(torch.zeros(1, 1, 8, 8)).base_dist.scale.flatten()[0].item()
    best = maximum_likelihood(x)
    assert best - 0.1 < linear.log_px(x).mean().item() <= best
    found = importance_estimates(model, x, [100], decodes=100_000).log_px[100].mean().item()
    assert found == pytest.approx(linear.log_px(x).mean().item(), abs=0.03)
    if not isinstance(loss, IWAE):
        assert best - 0.1 < elbo(model, x, 50, decodes=100_000).elbo.mean().item() < best + 0.03
