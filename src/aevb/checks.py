"""Checks of single values; each raises a ValueError that names the value and what was expected."""

from collections.abc import Collection, Sequence
from typing import TypeVar

T = TypeVar("T")


def whole_number(name: str, value: object, at_least: int = 1) -> int:
    """Return `value` if it is an integer of at least `at_least`.

    >>> whole_number("latent_dim", 2)
    2
    >>> whole_number("latent_dim", 0)
    Traceback (most recent call last):
    ValueError: latent_dim=0: expected a whole number of at least 1
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise ValueError(f"{name}={value!r}: expected a whole number of at least {at_least}")
    return value


def number_from(name: str, value: object, low: float, *, above: bool = False) -> float:
    """Return `value` if it is a finite number of at least `low`, or, with `above`, greater than `low`."""
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and (low < value if above else low <= value)
        and value < float("inf")
    ):
        return value
    raise ValueError(f"{name}={value!r}: expected a finite number {'above' if above else 'of at least'} {low}")


def whole_numbers(name: str, values: object) -> tuple[int, ...]:
    """Return `values` as a tuple if they are a list of integers of at least 1."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ValueError(f"{name}={values!r}: expected a list of whole numbers, such as {name}=[64,32]")
    return tuple(whole_number(f"{name}[{i}]", value) for i, value in enumerate(values))


def interval(name: str, value: object) -> tuple[float, float]:
    """Return `value` as (low, high) if it is a list of two finite numbers, the first smaller."""
    ends = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
    numbers = [end for end in ends if isinstance(end, int | float) and not isinstance(end, bool)]
    if len(ends) != 2 or numbers != ends or not -float("inf") < ends[0] < ends[1] < float("inf"):
        raise ValueError(f"{name}={value!r}: expected [low, high], such as [-1, 1]")
    return float(ends[0]), float(ends[1])


def one_of(name: str, value: object, choices: Collection[str]) -> str:
    """Return `value` if it is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name}={value!r}: expected one of {', '.join(choices)}")
    return value


def true_or_false(name: str, value: object) -> bool:
    """Return `value` if it is a bool."""
    if not isinstance(value, bool):
        raise ValueError(f"{name}={value!r}: expected true or false")
    return value


class WrongClass(ValueError):
    """An argument is of another class than the one that is needed; `name` is the argument's, `kind` the class."""

    def __init__(self, name: str, value: object, kind: type) -> None:
        super().__init__(f"{name}: expected {kind.__name__}, got {type(value).__name__}")
        self.name = name
        self.kind = kind


def instance_of(name: str, value: T, kind: type) -> T:
    """Return `value` if it is of the given class; raises WrongClass if it is not."""
    if not isinstance(value, kind):
        raise WrongClass(name, value, kind)
    return value
