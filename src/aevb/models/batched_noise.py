"""Random numbers drawn in place, for each element of a batch by itself, within torch.vmap."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

IN_PLACE = (
    Tensor.normal_,
    Tensor.uniform_,
    Tensor.exponential_,
    Tensor.cauchy_,
    Tensor.geometric_,
    Tensor.log_normal_,
    Tensor.bernoulli_,
    Tensor.random_,
)


class BatchedNoise(TorchFunctionMode):
    """Within torch.vmap(randomness="different"), lets `torch.empty(shape).normal_()` and its like draw for each alone.

    Most of torch.distributions draw so, and vmap refuses it: the empty tensor is not batched, and one draw would have
    to do for all. Here it becomes batched first. Code that ignores what `normal_` returns keeps its tensor as it was.

    zero: a zero that is batched, () within the vmap.
    """

    def __init__(self, zero: Tensor) -> None:
        super().__init__()
        self.zero = zero

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in IN_PLACE:
            args = (args[0] + self.zero.to(args[0]), *args[1:])
        return func(*args, **(kwargs or {}))
