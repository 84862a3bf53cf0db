"""Fréchet distance, precision and recall of samples, in the features of a classifier."""

import torch
from torch import Tensor, nn

from aevb.checks import whole_number
from aevb.metrics.classifier import FeatureClassifier, features_of
from aevb.metrics.estimate import Estimate, mean_over_images
from aevb.metrics.unsuitable import NotFinite, TooFew

CHUNK = 10_000_000  # distances held at a time: 80 MB, and as much again to compare them


def sample_quality(x_real: Tensor, x_samples: Tensor, classifier: FeatureClassifier, k: int = 3) -> dict[str, Estimate]:
    """`frechet_distance`, `precision` and `recall` of x_samples, (M, C, H, W), against x_real, (N, C, H, W), in [0, 1].

    Only numbers of the same classifier, N, M and k are comparable. The standard errors are binomial: they hold the sets
    of points that the neighbourhoods are made of fixed. The Fréchet distance has none.
    """
    real, samples = features_of(classifier, x_real), features_of(classifier, x_samples)
    precise, recalled = _covered(real, samples, k)
    return {
        "frechet_distance": Estimate(frechet_distance(real, samples), None, "squared distance of features"),
        "precision": mean_over_images(precise, "share of samples"),
        "recall": mean_over_images(recalled, "share of real images"),
    }


def frechet_distance(real_features: Tensor, sample_features: Tensor) -> float:
    """‖μ - μ'‖² + tr(Σ + Σ' - 2(ΣΣ')^½) of the means and covariances of two sets of features, (N, D) and (M, D).

    Heusel et al. 2017, who take the features from Inception. It is the squared 2-Wasserstein distance of two
    Gaussians. It is too large on average, by an amount that falls as 1/N and 1/M.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance  # takes a second to import

    _require_features(real_features, sample_features, at_least=2)
    features = nn.Identity()
    features.register_buffer("num_features", torch.tensor(real_features.shape[1]))  # torchmetrics looks for it
    metric = FrechetInceptionDistance(features)
    metric.update(real_features.detach().cpu().double(), real=True)
    metric.update(sample_features.detach().cpu().double(), real=False)
    return max(metric.compute().item(), 0.0)  # rounding takes the distance of equal sets a little below zero


def precision_recall(real_features: Tensor, sample_features: Tensor, k: int = 3) -> tuple[float, float]:
    """The share of samples among the real images, and the share of real images among the samples.

    A point is among others if, for at least one of them, it is no further away than the k-th nearest neighbour of
    that one. Kynkäänniemi et al. 2019. real_features: (N, D). sample_features: (M, D).
    """
    precise, recalled = _covered(real_features, sample_features, k)
    return precise.double().mean().item(), recalled.double().mean().item()


def _covered(real: Tensor, samples: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Which samples are among the real images, (M,), and which real images are among the samples, (N,)."""
    _require_features(real, samples, at_least=whole_number("k", k) + 1)
    real, samples = real.detach().cpu().double(), samples.detach().cpu().double()
    return _among(samples, real, k), _among(real, samples, k)


def _among(points: Tensor, others: Tensor, k: int) -> Tensor:
    """(N, D), (M, D) -> bool (N,)."""
    rows = max(1, CHUNK // len(others))
    # Of k + 1 the nearest is the point itself.
    nearest = [_distances(part, others).topk(k + 1, largest=False).values for part in others.split(rows)]
    # Rounding leaves equal points, as a collapsed model draws them, up to 1e-7 of their norm apart.
    radii = torch.cat(nearest)[:, -1] + 1e-6 * others.norm(dim=1).max()  # (M,)
    return torch.cat([(_distances(part, others) <= radii).any(1) for part in points.split(rows)])


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """(N, D), (M, D) -> (N, M), through a matrix product, which is several times faster than differences."""
    return torch.cdist(a, b, compute_mode="use_mm_for_euclid_dist")


def _require_features(real: Tensor, samples: Tensor, at_least: int) -> None:
    """Raise a ValueError unless both are finite, (N, D) with the same D, and N is large enough."""
    for name, features in (("real_features", real), ("sample_features", samples)):
        if features.ndim != 2 or features.shape[1] != real.shape[-1]:
            raise ValueError(
                f"{name} have shape {tuple(features.shape)}: expected (N, D), with the same D for real and for samples"
            )
        if len(features) < at_least:
            raise TooFew(f"{name}: got {len(features)} points, expected at least {at_least}")
        if not features.isfinite().all():
            raise NotFinite(f"{name}: some are NaN or infinite, expected finite numbers; look at the images first")
