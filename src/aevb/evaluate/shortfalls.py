"""What importance sampling found, beside what else is known of log p(x)."""

import torch

from aevb.evaluate.model_under_test import Subject
from aevb.figures import importance_ladder

SAYS = 3.0  # standard errors from which a difference is one


def shortfalls(subject: Subject) -> list[str]:
    """A sentence for each estimate of log p(x) that importance sampling stays below by more than its errors."""
    ladder = log_px_by_k(subject)
    if not ladder:
        return []
    most = max(ladder)
    sentences = []
    for name, source in (("log_px_exact", "quadrature"), ("log_px_ais", "annealed importance sampling")):
        if name not in subject.per_image:
            continue
        n = min(len(subject.per_image[name]), len(ladder[most]))
        difference = (subject.per_image[name][:n] - ladder[most][:n]).double()
        error = difference.std().item() / n**0.5 if n > 1 else float("inf")
        if difference.mean() > max(SAYS * error, 0.1):
            sentences.append(
                f"Importance sampling with K = {most:,} stays {difference.mean():.2f} ± {error:.2f} nats below "
                f"{source} on the same {n:,} images: q(z|x) misses a part of p(z|x)."
            )
    return sentences


def log_px_by_k(subject: Subject) -> dict[int, torch.Tensor]:
    """K -> log p(x) of each image by importance sampling, if it was measured."""
    found = {name.removeprefix("log_px_"): values for name, values in subject.per_image.items() if "log_px_" in name}
    return {int(k): values for k, values in found.items() if k.isdigit()}


def draw_ladder(subject: Subject) -> None:
    """The picture of log p(x) by importance sampling, beside what else was measured."""
    if ladder := log_px_by_k(subject):
        named = {"log_px_exact": "quadrature", "log_px_ais": "annealed importance sampling", "elbo": "ELBO"}
        others = {title: subject.per_image[name] for name, title in named.items() if name in subject.per_image}
        subject.pictures["importance_ladder"] = importance_ladder(ladder, others)
