"""Networks with bfloat16 weights, in a computation that is otherwise in float32."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from lightning.pytorch.plugins.precision import HalfPrecision
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from aevb.networks import Dictionary
from aevb.networks.network import Network


class HalfWeights(HalfPrecision):
    """Lightning's bf16-true for the weights of encoders and decoders alone.

    Moving averages, a codebook, the parameters of distributions and the images keep their precision: a moving average
    in bfloat16 stops moving, and log p(x), a sum over pixels, has three digits.
    """

    def __init__(self) -> None:
        super().__init__("bf16-true")

    def convert_module(self, module: nn.Module) -> nn.Module:
        networks = [part for part in module.modules() if isinstance(part, Network) and not isinstance(part, Dictionary)]
        for part in (part for network in networks for part in network.modules()):
            if not isinstance(part, _NormBase):
                for parameter in part.parameters(recurse=False):
                    parameter.data = parameter.data.to(self._desired_input_dtype)
        return module

    def forward_context(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()

    def convert_input(self, data: Any) -> Any:
        return data
