import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from aevb.metrics import probes as module
from aevb.metrics.probes import probe_accuracies


def clusters(n: int, spread: float, seed: int) -> tuple[Tensor, Tensor]:
    """n codes (N, 3) in each of four clusters at the corners of a tetrahedron, and their labels 3, 5, 7, 9."""
    corners = torch.tensor([[0.0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]]).repeat_interleave(n, 0)
    noise = torch.randn(corners.shape, generator=torch.Generator().manual_seed(seed))
    return corners + spread * noise, torch.tensor([3, 5, 7, 9]).repeat_interleave(n)


def test_clusters_are_read_without_mistakes() -> None:
    estimates = probe_accuracies(*clusters(50, 0.5, 0), *clusters(30, 0.5, 1))
    assert list(estimates) == ["linear_probe_accuracy", "knn_accuracy"]
    assert all(estimate == (1, 0, "share of images") for estimate in estimates.values())


def test_codes_that_say_nothing_are_read_by_chance() -> None:
    generator = torch.Generator().manual_seed(2)
    codes = torch.randn(4000, 8, generator=generator)
    labels = torch.randint(4, (4000,), generator=generator)
    for estimate in probe_accuracies(codes[:2000], labels[:2000], codes[2000:], labels[2000:]).values():
        assert estimate.standard_error is not None
        assert estimate.standard_error == pytest.approx((estimate.value * (1 - estimate.value) / 1999) ** 0.5)
        assert abs(estimate.value - 1 / 4) < 4 * estimate.standard_error


def test_only_the_neighbours_read_what_is_not_linear() -> None:
    codes = torch.randn(3000, 2, generator=torch.Generator().manual_seed(3))
    labels = (codes[:, 0] * codes[:, 1] > 0).long()
    estimates = probe_accuracies(codes[:2000], labels[:2000], codes[2000:], labels[2000:])
    assert estimates["linear_probe_accuracy"].value < 0.65
    assert estimates["knn_accuracy"].value > 0.95


def test_the_linear_probe_does_not_depend_on_the_scale_of_a_dimension() -> None:
    (train, y), (test, labels) = clusters(50, 4, 4), clusters(50, 4, 5)
    scale, shift = torch.tensor([1e-3, 1, 1e3]), torch.tensor([5, -5, 0])
    plain = probe_accuracies(train, y, test, labels)["linear_probe_accuracy"]
    scaled = probe_accuracies(train * scale + shift, y, test * scale + shift, labels)["linear_probe_accuracy"]
    assert 0.5 < plain.value < 1
    assert scaled.value == pytest.approx(plain.value, abs=0.01)


def test_a_dimension_that_is_not_used_does_no_harm() -> None:
    (train, y), (test, labels) = clusters(50, 0.5, 6), clusters(50, 0.5, 7)
    estimates = probe_accuracies(*(train * torch.tensor([1, 1, 0]), y), *(test * torch.tensor([1, 1, 0]), labels))
    assert estimates["linear_probe_accuracy"].value > 0.5


def test_a_probe_that_does_not_converge_does_not_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LogisticRegression", lambda max_iter: LogisticRegression(max_iter=2))
    train, test = clusters(50, 4, 8), clusters(50, 4, 9)
    with pytest.warns(ConvergenceWarning):
        LogisticRegression(max_iter=2).fit(*train)
    probe_accuracies(*train, *test)  # warnings are errors in tests


@pytest.mark.parametrize("num_neighbours", [1, 40])
def test_the_number_of_neighbours_is_heeded(num_neighbours: int) -> None:
    codes, labels = torch.arange(40.0).unsqueeze(1), torch.tensor([1] * 10 + [0] * 30)
    estimate = probe_accuracies(codes, labels, codes, labels, num_neighbours)["knn_accuracy"]
    assert estimate.value == (1 if num_neighbours == 1 else 0.75)


def test_what_is_wrong_is_said() -> None:
    codes, labels = clusters(1, 0.5, 10)
    with pytest.raises(ValueError, match="single class"):
        probe_accuracies(codes, torch.ones(4), codes, labels, 1)
    with pytest.raises(ValueError, match="num_neighbours=5: expected at most the 4 training codes"):
        probe_accuracies(codes, labels, codes, labels)
    with pytest.raises(ValueError, match="num_neighbours=0"):
        probe_accuracies(codes, labels, codes, labels, 0)
    with pytest.raises(ValueError, match="train_codes: some are NaN"):
        probe_accuracies(codes / 0, labels, codes, labels, 1)
    with pytest.raises(ValueError, match=r"^codes: some are NaN"):
        probe_accuracies(codes, labels, codes / 0, labels, 1)
    with pytest.raises(ValueError, match=r"codes have shape \(4, 2\)"):
        probe_accuracies(codes, labels, codes[:, :2], labels, 1)
    with pytest.raises(ValueError, match=r"their labels \(3,\)"):
        probe_accuracies(codes, labels[:3], codes, labels, 1)
