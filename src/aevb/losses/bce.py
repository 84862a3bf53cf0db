"""Binary cross-entropy."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from aevb.distributions.output_activation import check_unit_interval
from aevb.losses.reconstruction_loss import ReconstructionLoss


class BCE(ReconstructionLoss):
    """-Σᵢ xᵢ log yᵢ + (1 - xᵢ) log(1 - yᵢ), where the prediction is the logit of y; in nats.

    Equals -log p(x) under the Bernoulli likelihood with those logits, with no constant left out.
    """

    unit = "nats per image"

    def check_range(self, low: float, high: float) -> None:
        check_unit_interval("binary cross-entropy", low, high)

    def image(self, prediction: Tensor) -> Tensor:
        return torch.sigmoid(prediction)

    def forward(self, prediction: Tensor, x: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(prediction, x, reduction="none").flatten(1).sum(1)
