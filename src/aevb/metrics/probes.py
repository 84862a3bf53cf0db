"""Simple classifiers of codes."""

import warnings

import torch
from sklearn.base import ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from aevb.checks import whole_number
from aevb.metrics.estimate import Estimate, mean_over_images
from aevb.metrics.unsuitable import NotFinite, TooFew


def probe_accuracies(
    train_codes: Tensor, train_labels: Tensor, codes: Tensor, labels: Tensor, num_neighbours: int = 5
) -> dict[str, Estimate]:
    """The share of `codes`, (M, D), whose labels, (M,), are predicted from train_codes, (N, D), and train_labels, (N,).

    linear_probe_accuracy: by logistic regression on standardised codes (Alain & Bengio 2016), with scikit-learn's
        weak L2 penalty, stopped after 1,000 iterations at the latest.
    knn_accuracy: by a vote of the nearest training codes in the Euclidean distance of the codes as they are.

    The standard errors are binomial: they hold the training codes fixed. Raises ValueError where the codes are not
    finite or have other shapes, the training labels have a single class, or there are too few training codes.
    """
    _require_codes("train_codes", train_codes, train_labels, train_codes.shape[-1])
    _require_codes("codes", codes, labels, train_codes.shape[-1])
    if len(train_codes) < whole_number("num_neighbours", num_neighbours):
        raise TooFew(f"num_neighbours={num_neighbours}: expected at most the {len(train_codes)} training codes")
    if len(train_labels.unique()) < 2:
        raise TooFew("train_labels have a single class: expected at least two, so that there is a choice to make")
    probes = {
        "linear_probe_accuracy": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "knn_accuracy": KNeighborsClassifier(num_neighbours),
    }
    return {
        name: mean_over_images(_correct(probe, train_codes, train_labels, codes, labels), "share of images")
        for name, probe in probes.items()
    }


def _correct(probe: ClassifierMixin, train_codes: Tensor, train_labels: Tensor, codes: Tensor, y: Tensor) -> Tensor:
    """Which labels the probe predicts: bool (M,)."""
    with warnings.catch_warnings():
        # After that many iterations the predictions hardly change, and a user could do nothing about it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        probe.fit(train_codes.detach().cpu().double().numpy(), train_labels.cpu().numpy())
    return torch.from_numpy(probe.predict(codes.detach().cpu().double().numpy())) == y.cpu()


def _require_codes(name: str, codes: Tensor, labels: Tensor, dimensions: int) -> None:
    if codes.ndim != 2 or codes.shape[1] != dimensions or labels.shape != codes.shape[:1]:
        raise ValueError(
            f"{name} have shape {tuple(codes.shape)} and their labels {tuple(labels.shape)}: "
            f"expected (N, {dimensions}) and (N,)"
        )
    if len(codes) == 0:
        raise TooFew(f"{name}: there are none, expected at least one")
    if not codes.isfinite().all():
        raise NotFinite(f"{name}: some are NaN or infinite, expected finite numbers; has the training diverged?")
