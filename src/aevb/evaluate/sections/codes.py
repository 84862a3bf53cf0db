"""How good the codes are: for the images, and for their labels."""

import torch
from torch import Tensor

from aevb.evaluate.model_under_test import Subject
from aevb.evaluate.result import Result, result
from aevb.figures import NotApplicable
from aevb.metrics.estimate import mean_over_images
from aevb.metrics.probes import probe_accuracies


def reconstruction(subject: Subject) -> list[Result]:
    """‖x - x̂‖² for x̂ = decode(encode(x)), the decoder's mean for the posterior's mean."""
    errors = torch.cat([_squared_error(subject, part) for part in subject.x.split(1000)])
    subject.per_image["squared_error"] = errors
    n, pixels = len(errors), subject.x[0].numel()
    return [
        result("squared_error", mean_over_images(errors, "summed over an image"), n),
        result("mse", mean_over_images(errors / pixels, "per pixel"), n),
    ]


def probes(subject: Subject, num_train: int | None, num_neighbours: int) -> list[Result]:
    """How well the labels can be read off the codes, by classifiers fitted to codes of training images."""
    if subject.split == "train":
        raise NotApplicable("probes are fitted to the training images: evaluate split=test or split=val")
    x, y = subject.data.to_draw(num_train or subject.data.sizes["train"], "train")
    fitted, codes = _codes(subject, x.to(subject.x)), _codes(subject, subject.x)
    try:
        found = probe_accuracies(fitted, y, codes, subject.y, num_neighbours)
    except ValueError as reason:  # too few images
        raise NotApplicable(str(reason)) from reason
    return [result(name, estimate, len(codes)) for name, estimate in found.items()]


def _squared_error(subject: Subject, x: Tensor) -> Tensor:
    return (x - subject.model.decode(subject.model.encode(x))).square().flatten(1).sum(1).cpu()


def _codes(subject: Subject, x: Tensor) -> Tensor:
    return torch.cat([subject.model.encode(part) for part in x.split(1000)]).flatten(1).cpu()
