"""The abstract base of metrics whose states do not follow the precision of a model."""

from abc import ABC
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torchmetrics import Metric

from aevb.precision import sum_dtype


class ExactMetric(Metric, ABC):
    """A Metric that goes to a model's device with it, but keeps float64 states when the model is made bfloat16, say.

    In bfloat16 a sum of nats over thousands of images stops growing: what is added is less than half its last digit.
    """

    full_state_update = False

    def _apply(self, fn: Callable[[Tensor], Tensor], exclude_state: Sequence[str] = "") -> nn.Module:
        def moved(tensor: Tensor) -> Tensor:
            device = fn(torch.empty(0, device=tensor.device)).device
            return tensor.to(device, sum_dtype(device) if tensor.is_floating_point() else None)

        return super()._apply(moved, exclude_state)
