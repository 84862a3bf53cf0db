"""The likelihood of black and white pixels."""

from collections.abc import Sequence

from torch import Tensor
from torch.distributions import Bernoulli as TorchBernoulli
from torch.distributions import Distribution, Independent

from src.distributions.likelihood import Likelihood


class Bernoulli(Likelihood):
    """p(x|z) = ∏ᵢ yᵢ^xᵢ (1 - yᵢ)^(1 - xᵢ), where the decoder's output is the logit of y.

    Kingma & Welling 2014, appendix C.1. For grey x in (0, 1) the same expression, minus binary cross-entropy, is what
    most of the literature reports as log p(x|z), and so does this class; it is then not a normalised density, and
    those nats compare only with other grey-pixel Bernoulli figures.

    Shapes: (..., C, H, W) -> batch shape (...), event shape (C, H, W).
    """

    def parameter_shape(self, image_shape: Sequence[int]) -> tuple[int, ...]:
        return tuple(image_shape)

    def forward(self, output: Tensor) -> Distribution:
        # Argument validation would refuse grey pixels.
        return Independent(TorchBernoulli(logits=output, validate_args=False), 3, validate_args=False)
