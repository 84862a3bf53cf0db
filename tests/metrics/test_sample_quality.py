import pytest
import torch
from torch import Tensor

from aevb.data import Digits
from aevb.metrics import sample_quality as module
from aevb.metrics.classifier import FeatureClassifier
from aevb.metrics.sample_quality import frechet_distance, precision_recall, sample_quality


def gaussian(n: int, d: int, seed: int) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def with_moments(x: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    """The points (N, D), moved so that their sample mean and sample covariance are exactly these."""
    white = torch.linalg.solve_triangular(torch.linalg.cholesky(x.T.cov()), (x - x.mean(0)).T, upper=False)
    return (torch.linalg.cholesky(covariance) @ white).T + mean


def modes(n: int, centres: list[float], seed: int) -> Tensor:
    """n points around each centre, in 2 dimensions."""
    return torch.cat([gaussian(n, 2, seed + i) + centre for i, centre in enumerate(centres)])


def test_frechet_distance_of_a_shift_is_its_square() -> None:
    shift = torch.tensor([3.0, 0.0, -4.0])
    x = gaussian(1000, 3, 0)
    assert frechet_distance(x, x + shift) == pytest.approx(25)
    assert frechet_distance(x, gaussian(20_000, 3, 1) + shift) == pytest.approx(25, rel=0.05)


def test_frechet_distance_is_the_closed_form_for_gaussians() -> None:
    # For commuting covariances: ‖μ - μ'‖² + Σᵢ (√λᵢ - √λ'ᵢ)².
    a, b = torch.tensor([1.0, 4.0, 9.0]).double(), torch.tensor([4.0, 0.25, 9.0]).double()
    rotation = torch.linalg.qr(gaussian(3, 3, 2)).Q
    mean = torch.tensor([1.0, 2.0, -1.0]).double()
    x = with_moments(gaussian(500, 3, 3), torch.zeros_like(mean), rotation @ a.diag() @ rotation.T)
    y = with_moments(gaussian(300, 3, 4), mean, rotation @ b.diag() @ rotation.T)
    expected = mean.square().sum() + (a.sqrt() - b.sqrt()).square().sum()
    assert frechet_distance(x, y) == pytest.approx(expected.item())
    assert frechet_distance(y, x) == pytest.approx(expected.item())


@pytest.mark.parametrize("n", [20, 1000])
def test_equal_sets_are_at_no_distance_and_cover_each_other(n: int) -> None:
    x = gaussian(n, 64, 5).float()  # with 20 points the covariance has no full rank
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-4)
    assert precision_recall(x, x) == (1, 1)


def test_copies_of_one_sample_cover_each_other() -> None:
    x = (100 * gaussian(1, 64, 6)).expand(50, 64)
    assert precision_recall(x, x) == (1, 1)


def test_draws_of_one_distribution_cover_each_other() -> None:
    precision, recall = precision_recall(gaussian(1000, 2, 7), gaussian(1000, 2, 8))
    assert precision > 0.9
    assert recall > 0.9


def test_dropped_modes_lower_recall_alone() -> None:
    precision, recall = precision_recall(modes(500, [-50, 0, 50, 100], 10), modes(2000, [0], 20))
    assert precision > 0.9
    assert recall == pytest.approx(1 / 4, abs=0.03)


def test_junk_lowers_precision_alone() -> None:
    real, junk = modes(1000, [0], 30), modes(1000, [100], 40)
    precision, recall = precision_recall(real, torch.cat([modes(1000, [0], 50), junk]))
    assert precision == pytest.approx(1 / 2, abs=0.03)
    assert recall > 0.9


def test_chunks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    real, samples = gaussian(300, 5, 60), 1.5 * gaussian(200, 5, 61)
    distances = (real[:, None] - real).norm(dim=-1), (samples[:, None] - samples).norm(dim=-1)
    radii = [d.sort().values[:, 3] for d in distances]  # the first is the point itself
    across = (real[:, None] - samples).norm(dim=-1)  # (N, M)
    expected = (
        (across <= radii[0][:, None]).any(0).double().mean().item(),
        (across <= radii[1]).any(1).double().mean().item(),
    )
    assert precision_recall(real, samples) == expected
    monkeypatch.setattr(module, "CHUNK", 700)
    assert precision_recall(real, samples) == expected


def test_larger_neighbourhoods_cover_more() -> None:
    real, samples = gaussian(300, 8, 70), gaussian(300, 8, 71) + 1
    shares = [precision_recall(real, samples, k) for k in (1, 3, 10)]
    assert shares == sorted(shares)
    assert [recall for _, recall in shares] == sorted(recall for _, recall in shares)


def test_noise_is_worse_than_digits() -> None:
    torch.manual_seed(0)
    classifier = FeatureClassifier((1, 8, 8), 10)
    x = (Digits(train=True).data / 255).unsqueeze(1)
    good, bad = (
        sample_quality(x[:700], x[700:1400], classifier),
        sample_quality(x[:700], torch.rand_like(x), classifier),
    )
    assert list(good) == ["frechet_distance", "precision", "recall"]
    assert good["frechet_distance"].value < bad["frechet_distance"].value
    assert good["precision"].value > bad["precision"].value
    assert good["recall"].value > bad["recall"].value
    assert good["frechet_distance"].standard_error is None
    p, error, _ = good["precision"]
    assert error == pytest.approx((p * (1 - p) / 699) ** 0.5)


def test_what_is_wrong_is_said() -> None:
    x = gaussian(10, 4, 80)
    with pytest.raises(ValueError, match=r"sample_features: got 3 points, expected at least 4"):
        precision_recall(x, x[:3])
    with pytest.raises(ValueError, match=r"real_features: got 1 points, expected at least 2"):
        frechet_distance(x[:1], x)
    with pytest.raises(ValueError, match=r"sample_features have shape \(10, 3\)"):
        frechet_distance(x, x[:, :3])
    with pytest.raises(ValueError, match=r"sample_features: some are NaN"):
        precision_recall(x, x * float("nan"))
    with pytest.raises(ValueError, match="k=0"):
        precision_recall(x, x, k=0)
