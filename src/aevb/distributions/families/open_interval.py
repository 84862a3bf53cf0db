"""Families on (0, 1) whose samples are never rounded to its ends, where their densities may be infinite."""

from typing import Any

from torch import Size, Tensor
from torch.distributions import Beta as TorchBeta
from torch.distributions import Kumaraswamy as TorchKumaraswamy
from torch.distributions.utils import clamp_probs


class Beta(TorchBeta):
    """torch's Beta, with samples at least one rounding error away from 0 and 1."""

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return clamp_probs(super().rsample(sample_shape))


class Kumaraswamy(TorchKumaraswamy):
    """torch's Kumaraswamy, with samples at least one rounding error away from 0 and 1."""

    def rsample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return clamp_probs(super().rsample(sample_shape))

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008
        return self.rsample(sample_shape).detach()
