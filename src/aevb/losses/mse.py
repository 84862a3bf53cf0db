"""Squared error."""

from torch import Tensor

from aevb.checks import one_of
from aevb.distributions.output_activation import OutputActivation
from aevb.losses.reconstruction_loss import ReconstructionLoss

REDUCTIONS = ("sum", "mean")


class MSE(ReconstructionLoss):
    """‖x - x̂‖² = Σᵢ (xᵢ - x̂ᵢ)², summed over the n pixels of an image, or their mean, ‖x - x̂‖² / n.

    The sum equals -log N(x; x̂, ½ I) - (n/2) log π: the Gaussian likelihood with σ = √½, less its constant.

    reduction: sum or mean.
    output: x̂ is the decoder's output (identity), its sigmoid or its tanh.
    """

    def __init__(self, output: str = "identity", reduction: str = "sum") -> None:
        super().__init__()
        self.takes_mean = one_of("loss.reduction", reduction, REDUCTIONS) == "mean"
        self.unit = "mean squared error per image" if self.takes_mean else "summed squared error per image"
        self.image_of = OutputActivation("loss.output", output)

    def check_range(self, low: float, high: float) -> None:
        self.image_of.check_range(low, high)

    def image(self, prediction: Tensor) -> Tensor:
        return self.image_of(prediction)

    def forward(self, prediction: Tensor, x: Tensor) -> Tensor:
        errors = (x - self.image(prediction)).square().flatten(1)
        return errors.mean(1) if self.takes_mean else errors.sum(1)
