"""The likelihood of black and white pixels."""

from collections.abc import Sequence

import torch
from torch import Tensor, broadcast_tensors
from torch.distributions import Bernoulli as TorchBernoulli
from torch.distributions import Distribution, Independent
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from aevb.distributions.likelihood import Likelihood
from aevb.distributions.output_activation import check_unit_interval
from aevb.precision import without_autocast


def log_normaliser(logits: Tensor) -> Tensor:
    """Σᵢ log(1 + exp ηᵢ) over the last dimension of the logits η."""
    total = logits.exp().log1p_().sum(-1)  # takes less time than softplus, which guards against large logits
    return total if bool(total.isfinite().all()) else softplus(logits).sum(-1)


class BernoulliImage(Independent[TorchBernoulli]):
    """∏ᵢ Bernoulli(xᵢ; yᵢ), as Independent has it, with fewer passes over all pixels in log_prob and in its gradient.

    log p(x) = Σᵢ xᵢηᵢ - Σᵢ log(1 + exp ηᵢ) for the logits η.
    """

    def log_prob(self, value: Tensor) -> Tensor:
        logits = self.base_dist.logits
        if torch.is_grad_enabled() or logits.device.type != "cpu":
            logits, value = broadcast_tensors(logits, value)
            return -binary_cross_entropy_with_logits(logits, value, reduction="none").sum((-3, -2, -1))
        logits = logits.flatten(-3)
        with without_autocast(logits.device):
            return torch.einsum("...i,...i->...", value.flatten(-3), logits) - log_normaliser(logits)


class Bernoulli(Likelihood):
    """p(x|z) = ∏ᵢ yᵢ^xᵢ (1 - yᵢ)^(1 - xᵢ), where the decoder's output is the logit of y.

    Kingma & Welling 2014, appendix C.1. For grey x in (0, 1) the same expression, minus binary cross-entropy, is what
    most of the literature reports as log p(x|z), and so does this class; it is then not a normalised density, and
    those nats are comparable only with others of grey pixels under this likelihood.

    Shapes: (..., C, H, W) -> batch shape (...), event shape (C, H, W).
    """

    def check_range(self, low: float, high: float) -> None:
        check_unit_interval("a Bernoulli likelihood", low, high)

    def parameter_shape(self, image_shape: Sequence[int]) -> tuple[int, ...]:
        return tuple(image_shape)

    def forward(self, output: Tensor) -> Distribution:
        # Argument validation would refuse grey pixels.
        return BernoulliImage(TorchBernoulli(logits=output, validate_args=False), 3, validate_args=False)
