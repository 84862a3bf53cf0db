"""Probabilistic PCA of two pixels with Gaussian priors on its weights, whose evidence is known by quadrature."""

from math import log, pi
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

WIDTH, POINTS = 8.0, 321  # of the grid for each weight: p(W) is negligible at its ends


def log_evidence(x: Tensor, sigma: float, prior_std: float = 1.0) -> float:
    """log p(X) = log ∫ p(W) p(b) ∏ₙ N(xₙ; b, WWᵀ + σ² I) dW db, W and b ~ N(0, prior_std² I), in nats.

    The integral over b is Gaussian: √N x̄ ~ N(0, C + N prior_std² I), C = WWᵀ + σ² I, and N - 1 contrasts ~ N(0, C). The
    one over W (2, 1) is a sum over a grid, which for a smooth integrand that falls to zero is as good as exact.

    x: (N, 2).
    """
    n = len(x)
    axis = torch.linspace(-WIDTH, WIDTH, POINTS, dtype=torch.float64) * prior_std
    w = torch.cartesian_prod(axis, axis)  # (M, 2)
    eye = torch.eye(2, dtype=torch.float64)
    covariance = w.unsqueeze(2) * w.unsqueeze(1) + sigma**2 * eye  # C: (M, 2, 2)
    centred = x - x.mean(0)
    scatter = centred.T @ centred
    of_mean = MultivariateNormal(torch.zeros(2).double(), covariance + n * prior_std**2 * eye).log_prob(
        n**0.5 * x.mean(0)
    )
    squares = (torch.linalg.inv(covariance) * scatter).sum((1, 2))
    of_contrasts = -(squares + (n - 1) * (torch.logdet(covariance) + 2 * log(2 * pi))) / 2
    log_prior = -(w.square().sum(1) / prior_std**2) / 2 - log(2 * pi * prior_std**2)
    cell = 2 * log((axis[1] - axis[0]).item())
    return (of_mean + of_contrasts + log_prior).logsumexp(0).item() + cell


def log_evidence_by_sampling(x: Tensor, sigma: float, num_samples: int) -> float:
    """log 1/K Σₖ p(X|Wₖ, bₖ), for draws from standard normal priors: the same by other means."""
    generator = torch.Generator().manual_seed(0)
    w, b = torch.randn(2, num_samples, 2, dtype=torch.float64, generator=generator)
    covariance = w.unsqueeze(2) * w.unsqueeze(1) + sigma**2 * torch.eye(2, dtype=torch.float64)
    log_p = MultivariateNormal(b, covariance).log_prob(x.unsqueeze(1)).sum(0)  # (K,)
    return log_p.logsumexp(0).item() - log(num_samples)


class MeanField(NamedTuple):
    """q(W) q(b) ∏ₙ q(zₙ), all independent normals, at a fixed point of coordinate ascent; bound: on log p(X), in nats.

    slope, of_mean: E[zₙ] = slope · (xₙ - E[b]), (2,), and the standard deviation of zₙ, the same for all n.
    """

    weight: Normal  # (2,)
    bias: Normal  # (2,)
    slope: Tensor
    std: Tensor
    bound: float


def mean_field(x: Tensor, sigma: float, prior_std: float = 1.0, num_sweeps: int = 2000) -> MeanField:
    """The best factorised approximation, by coordinate ascent (Bishop 1999, "Variational principal components").

    x: (N, 2).
    """
    w, w_var, b = x.std(0), torch.full((2,), 0.1).double(), x.mean(0)
    b_var = 1 / (prior_std**-2 + len(x) * sigma**-2) * torch.ones(2).double()
    for _ in range(num_sweeps):
        z_var = 1 / (1 + (w.square() + w_var).sum() / sigma**2)
        slope = z_var * w / sigma**2
        z = (x - b) @ slope  # (N,)
        w_var = 1 / (prior_std**-2 + (z.square() + z_var).sum() / sigma**2) * torch.ones(2).double()
        w = w_var * (z @ (x - b)) / sigma**2
        b = b_var * (x - z.outer(w)).sum(0) / sigma**2
    q_w, q_b = Normal(w, w_var.sqrt()), Normal(b, b_var.sqrt())
    z_var = 1 / (1 + (w.square() + w_var).sum() / sigma**2)
    slope = z_var * w / sigma**2
    q_z = Normal((x - b) @ slope, z_var.sqrt())
    z, z_square = q_z.mean.unsqueeze(1), (q_z.mean.square() + z_var).unsqueeze(1)  # (N, 1)
    spread = b_var + (w.square() + w_var) * z_square - (w * z).square()
    squares = (x - b - w * z).square() + spread  # E[(x - Wz - b)²], (N, 2)
    log_p = -(squares / sigma**2 + log(2 * pi * sigma**2)).sum() / 2
    standard, prior = Normal(torch.zeros(()).double(), 1.0), Normal(torch.zeros(()).double(), prior_std)
    kl = kl_divergence(q_z, standard).sum() + kl_divergence(q_w, prior).sum() + kl_divergence(q_b, prior).sum()
    return MeanField(q_w, q_b, slope, z_var.sqrt(), (log_p - kl).item())
