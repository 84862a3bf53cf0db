"""Building a model of a configuration that may ask for any size."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from math import prod
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.overrides import TorchFunctionMode

SPARE = 2**24  # numbers that a model may make beside its weights: masks, say, and what initialises them


class TooLarge(ValueError):
    """A model would be larger than the weights that there are for it."""


@contextmanager
def no_larger_than(weights: Mapping[str, Tensor]) -> Iterator[None]:
    """Raise TooLarge, before the memory is taken, where a model is built that these weights cannot be of."""
    storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in weights.values()}
    parameters = 0

    def count(module: nn.Module, name: str, parameter: object) -> None:
        nonlocal parameters
        parameters += 1
        if parameters > 4 * len(weights) + 1000:
            raise TooLarge(f"it has more parameters than there are weights, {len(weights):,}")

    hook = register_module_parameter_registration_hook(count)
    try:
        with _Budget(4 * sum(storages.values()) + SPARE):
            yield
    finally:
        hook.remove()


class _Budget(TorchFunctionMode):
    """Counts the numbers that calls of torch ask for, by the sizes in their arguments."""

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.left = numbers

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.left -= prod(size for size in _whole_numbers([args, *(kwargs or {}).values()]) if size > 1)
        if self.left < 0:
            raise TooLarge("it is much larger than its weights")
        return func(*args, **(kwargs or {}))


def _whole_numbers(values: Iterable[Any]) -> Iterator[int]:
    """The whole numbers in arguments, also those within tuples and lists."""
    for value in values:
        if type(value) is int:
            yield value
        elif isinstance(value, tuple | list):
            yield from _whole_numbers(value)
