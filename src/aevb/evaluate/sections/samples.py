"""How good the samples are."""

from pathlib import Path

import torch
from torch import Size, Tensor

from aevb.evaluate.model_under_test import Subject
from aevb.evaluate.result import Result, result
from aevb.figures import NotApplicable
from aevb.metrics.classifier import accuracy, cached_classifier
from aevb.metrics.sample_quality import sample_quality
from aevb.models import VAE, VQPrior


def samples(subject: Subject, num_samples: int, num_neighbours: int, cache: str) -> list[Result]:
    """How the model's samples compare with images, on the features of a classifier trained here."""
    model = subject.model
    if not isinstance(model, VAE | VQPrior):
        raise NotApplicable(f"{subject.name} has no prior to sample from")
    data = subject.data
    binary = isinstance(model, VAE) and data.binarize != "none"
    track = subject.track("training the classifier of samples")
    try:
        own = (data.splits, data.binarize, data.image_shape)
        classifier = cached_classifier(*own, Path(cache), subject.x.device, track)
        drawn = torch.cat([_draw(subject, len(part), binary) for part in torch.empty(num_samples).split(1000)])
        found = sample_quality(subject.x, drawn, classifier, num_neighbours)
    except ValueError as reason:  # too few or too small images
        raise NotApplicable(str(reason)) from reason
    right = accuracy(classifier, subject.x, subject.y.to(subject.x.device)).value
    subject.sentences.append(
        f"Samples are {num_samples:,} {'draws of p(x|z)' if binary else 'means of the decoder'}. The classifier whose "
        f"features compare them is right for {right:.2%} of the images."
    )
    if subject.split != "train":
        train, _ = data.to_draw(len(subject.x), "train")
        floor = sample_quality(subject.x, train.to(subject.x), classifier, num_neighbours)["frechet_distance"].value
        subject.sentences.append(f"{len(train):,} training images are at a Fréchet distance of {floor:.3f}.")
    return [result(name, estimate, len(subject.x), num_samples) for name, estimate in found.items()]


def _draw(subject: Subject, n: int, binary: bool) -> Tensor:
    """n samples: of p(x) if binary, otherwise means of p(x|z)."""
    model = subject.model
    if isinstance(model, VAE) and binary:
        return model.likelihood_of(model.prior().sample(Size((n,)))).sample()
    return model.sample(n)  # type: ignore[operator]
