"""Squared error of the reconstructions, as a section."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.result import Kind, result
from aevb.evaluate.section import Section
from aevb.metrics.estimate import mean_over_images
from aevb.models import ImageModel


@dataclass(frozen=True)
class Reconstruction(Section):
    """‖x - x̂‖² for x̂ = decode(encode(x)), the decoder's mean for the posterior's mean."""

    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        errors = torch.cat([_squared_error(tested.model, part) for part in tested.x.split(1000)])
        n, pixels = len(errors), tested.x[0].numel()
        results = [
            result("squared_error", mean_over_images(errors, "summed over an image"), n, kind=Kind.SQUARED_ERROR),
            result("mse", mean_over_images(errors / pixels, "per pixel"), n),
        ]
        return Findings(results, {"squared_error": errors})


def _squared_error(model: ImageModel, x: Tensor) -> Tensor:
    return (x - model.decode(model.encode(x))).square().flatten(1).sum(1).cpu()
