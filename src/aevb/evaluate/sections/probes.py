"""Labels predicted from the codes, as a section."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from aevb.checks import whole_number
from aevb.errors import NotApplicable
from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.result import result
from aevb.evaluate.section import Section
from aevb.metrics.probes import probe_accuracies
from aevb.metrics.unsuitable import TooFew
from aevb.models import ImageModel


@dataclass(frozen=True)
class Probes(Section):
    """How well the labels can be read off the codes, by classifiers fitted to codes of training images.

    num_train: codes that they are fitted to, of a random sample; None: of all training images.
    """

    num_train: int | None = None
    num_neighbours: int = 5

    def __post_init__(self) -> None:
        if self.num_train is not None:
            whole_number("num_train", self.num_train)
        whole_number("num_neighbours", self.num_neighbours)

    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        if tested.split == "train":
            raise NotApplicable("probes are fitted to the training images: evaluate split=test or split=val")
        labels = tested.labels()
        x, y = tested.training_images(self.num_train)
        if y is None:
            raise NotApplicable("the training images have no labels")
        fitted, codes = _codes(tested.model, x), _codes(tested.model, tested.x)
        try:
            accuracies = probe_accuracies(fitted, y, codes, labels, self.num_neighbours)
        except TooFew as reason:
            raise NotApplicable(str(reason)) from reason
        return Findings([result(name, estimate, len(codes)) for name, estimate in accuracies.items()])


def _codes(model: ImageModel, x: Tensor) -> Tensor:
    return torch.cat([model.encode(part) for part in x.split(1000)]).flatten(1).cpu()
