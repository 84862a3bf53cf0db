"""Squared error."""

from torch import Tensor

from aevb.losses.output_activation import output_activation
from aevb.losses.reconstruction_loss import ReconstructionLoss


class MSE(ReconstructionLoss):
    """‖x - x̂‖² = Σᵢ (xᵢ - x̂ᵢ)², summed over the pixels of an image.

    Equals -log N(x; x̂, ½ I) - (n/2) log π for n pixels: the Gaussian likelihood with σ = √½, less its constant.

    output: x̂ is the decoder's output (identity) or its sigmoid.
    """

    unit = "summed squared error per image"

    def __init__(self, output: str = "identity") -> None:
        super().__init__()
        self.image_of = output_activation(output)

    def image(self, prediction: Tensor) -> Tensor:
        return self.image_of(prediction)

    def forward(self, prediction: Tensor, x: Tensor) -> Tensor:
        return (x - self.image(prediction)).square().flatten(1).sum(1)
