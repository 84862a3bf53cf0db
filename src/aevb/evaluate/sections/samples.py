"""The quality of samples, as a section."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Size, Tensor

from aevb.checks import whole_number
from aevb.errors import NotApplicable
from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.result import result
from aevb.evaluate.section import Section
from aevb.figures.canvas.counted import counted
from aevb.files import disk_errors
from aevb.metrics.batching import chunk_sizes
from aevb.metrics.classifier import FeatureClassifier, accuracy, cached_classifier
from aevb.metrics.sample_quality import sample_quality
from aevb.metrics.unsuitable import TooFew
from aevb.models import VAE, GenerativeModel


@dataclass(frozen=True)
class Samples(Section):
    """How the model's samples compare with images, on the features of a classifier trained here.

    cache: the folder in which the classifier is kept.
    """

    num_samples: int = 10_000
    num_neighbours: int = 3
    cache: str = "outputs/classifiers"

    def __post_init__(self) -> None:
        whole_number("num_samples", self.num_samples)
        whole_number("num_neighbours", self.num_neighbours)
        if not isinstance(self.cache, str) or not self.cache:
            raise ValueError(f"cache={self.cache!r}: expected a folder")

    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        model = tested.model
        if not isinstance(model, GenerativeModel):
            raise NotApplicable(f"{tested.name} has no prior to sample from")
        data = tested.training_data()
        binary = isinstance(model, VAE) and data.binarize != "none"
        track = tested.track("training the classifier of samples")
        device = tested.x.device
        x = model.to_grey(tested.x)  # as the classifier is trained
        try:
            with disk_errors(self.cache, "Choose another folder with sections.samples.cache="):
                classifier = cached_classifier(*data.splits["train"], data.binarize, Path(self.cache), device, track)
            drawn = torch.cat([_draw(model, n, binary) for n in chunk_sizes(self.num_samples, 1000)])
            quality = sample_quality(x, model.to_grey(drawn), classifier, self.num_neighbours)
        except TooFew as reason:
            raise NotApplicable(str(reason)) from reason
        right = accuracy(classifier, x, tested.labels().to(device)).value
        sentences = [
            f"Samples are {self.num_samples:,} {'draws of p(x|z)' if binary else 'means of the decoder'}. The "
            f"classifier whose features compare them is right for {right:.2%} of the images."
        ]
        if tested.split != "train":
            sentences.append(self._floor(x, model.to_grey(tested.training_images(len(x))[0]), classifier))
        results = [result(name, estimate, len(tested.x), self.num_samples) for name, estimate in quality.items()]
        return Findings(results, sentences=sentences)

    def _floor(self, x: Tensor, train: Tensor, classifier: FeatureClassifier) -> str:
        """How far training images are from those of the evaluation: what a perfect model would have."""
        try:
            floor = sample_quality(x, train, classifier, self.num_neighbours)["frechet_distance"]
        except ValueError:  # too few of them
            return f"{counted(len(train), 'training image')}: too few to say how far even such images would be."
        return f"{len(train):,} training images are at a Fréchet distance of {floor.value:.3f}."


def _draw(model: GenerativeModel, n: int, binary: bool) -> Tensor:
    """n samples: of p(x) if binary, otherwise means of p(x|z)."""
    if isinstance(model, VAE) and binary:
        return model.likelihood_of(model.prior().sample(Size((n,)))).sample()
    return model.sample(n)
