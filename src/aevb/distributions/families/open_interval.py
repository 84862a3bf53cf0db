"""torch's families on (0, 1), with density zero elsewhere.

Samples are never rounded to the ends, where densities may be infinite.
"""

from typing import Any

from torch import Size, Tensor
from torch.distributions import Beta as TorchBeta
from torch.distributions import Kumaraswamy as TorchKumaraswamy
from torch.distributions.utils import clamp_probs

from aevb.distributions.families.zero_outside import ZeroOutside


class Beta(ZeroOutside, TorchBeta):
    """torch's Beta, with samples at least one rounding error away from 0 and 1."""

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return clamp_probs(super().rsample(sample_shape))


class Kumaraswamy(ZeroOutside, TorchKumaraswamy):
    """torch's Kumaraswamy, with samples at least one rounding error away from 0 and 1."""

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return clamp_probs(super().rsample(sample_shape))

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return self.rsample(sample_shape).detach()
