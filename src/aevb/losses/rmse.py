"""The root of the mean squared error."""

from torch import Tensor
from torch.linalg import vector_norm

from aevb.distributions.output_activation import OutputActivation
from aevb.losses.reconstruction_loss import ReconstructionLoss


class RMSE(ReconstructionLoss):
    """√(1/n Σᵢ (xᵢ - x̂ᵢ)²) = ‖x - x̂‖ / √n for the n pixels of an image.

    Equals -log p(x) up to a constant for p(x) ∝ exp(-‖x - x̂‖ / √n), a Laplace distribution of the distance: images far
    off weigh less than under MSE. At x̂ = x the gradient is taken as zero.

    output: x̂ is the decoder's output (identity), its sigmoid or its tanh.
    """

    unit = "root mean squared error per image"

    def __init__(self, output: str = "identity") -> None:
        super().__init__()
        self.image_of = OutputActivation("loss.output", output)

    def check_range(self, low: float, high: float) -> None:
        self.image_of.check_range(low, high)

    def image(self, prediction: Tensor) -> Tensor:
        return self.image_of(prediction)

    def forward(self, prediction: Tensor, x: Tensor) -> Tensor:
        error = (x - self.image(prediction)).flatten(1)  # (B, n)
        distance: Tensor = vector_norm(error, dim=1) / error.shape[1] ** 0.5
        return distance
