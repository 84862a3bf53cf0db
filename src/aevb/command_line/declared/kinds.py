"""Kinds of values: what an option takes, and the words that say so."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from math import log10

LARGEST = 3.4e38  # of float32
COUNTABLE = 2**63 - 1  # of int64
UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


@dataclass(frozen=True)
class Kind:
    """The values that an option takes.

    expected: what they are, to follow the word "expected". takes: whether a plain value is one of them.
    objection: why one that would be of the right type is not; empty where there is nothing to add.
    each: the values of a list, where lists are among them.
    """

    expected: str
    takes: Callable[[object], bool]
    objection: Callable[[object], str] = lambda value: ""
    each: "Kind | None" = None


def whole(low: int = 1, high: int = COUNTABLE, *, bytes_each: int = 0) -> Kind:
    """Whole numbers from `low` to `high`; with `bytes_each`, larger ones are told what memory they would need.

    >>> whole(1, 1000, bytes_each=8).objection(10**12), whole().objection(10**20)
    (', since so many need 8 TB', ', of int64, which ends at 9,223,372,036,854,775,807')
    """
    most = f" and at most {high:,}" if high < COUNTABLE else ""

    def objection(value: object) -> str:
        if not (isinstance(value, int) and value > high):
            return ""
        if bytes_each:
            return f", since so many need {in_bytes(value * bytes_each)}"
        return f", of int64, which ends at {COUNTABLE:,}" if high == COUNTABLE else ""

    return Kind(
        f"a whole number of at least {low}{most}",
        lambda value: _is_whole(value) and low <= value <= high,  # type: ignore[operator]
        objection,
    )


def number(
    low: float = -LARGEST, high: float = LARGEST, *, above: float | None = None, below: float | None = None
) -> Kind:
    """Finite numbers from `low` to `high`, or between the ends `above` and `below`, which are not among them."""
    words = []
    if above is not None:
        words.append(f"above {above:g}")
    elif low > -LARGEST:
        words.append(f"of at least {low:g}")
    if below is not None:
        words.append(f"below {below:g}")
    elif high < LARGEST:
        words.append(f"at most {high:g}")
    unbounded = high == LARGEST and below is None

    def objection(value: object) -> str:
        if unbounded and _is_huge(value):
            return f", of float32, which ends at {LARGEST:g}"
        return f"; so large a whole number is written {float(value):g}" if _is_beyond_int64(value) else ""  # type: ignore[arg-type]

    return Kind(
        " ".join(["a finite number", " and ".join(words)]).strip(),
        lambda value: (
            _is_number(value)
            and not _is_beyond_int64(value)
            and low <= value <= high  # type: ignore[operator]
            and (above is None or value > above)  # type: ignore[operator]
            and (below is None or value < below)  # type: ignore[operator]
        ),
        objection,
    )


def one_of(*choices: str) -> Kind:
    return Kind(f"one of {', '.join(choices)}", lambda value: isinstance(value, str) and value in choices)


def exactly(value: object, words: str) -> Kind:
    """One value, such as -1 for all."""
    return Kind(words, lambda other: type(other) is type(value) and other == value)


def list_of(kind: Kind, such_as: str, lengths: Collection[int] = range(1000)) -> Kind:
    """Lists of values of a kind, with an example."""
    counted = f"of {min(lengths)} values, " if len(lengths) == 1 else ""
    return Kind(
        f"a list {counted}such as {such_as}",
        lambda values: isinstance(values, list) and len(values) in lengths and all(map(kind.takes, values)),
        each=kind,
    )


def either(*kinds: Kind) -> Kind:
    """Values of any of several kinds."""
    return Kind(
        ", or ".join(kind.expected for kind in kinds),
        lambda value: any(kind.takes(value) for kind in kinds),
        lambda value: next((kind.objection(value) for kind in kinds if kind.objection(value)), ""),
        next((kind.each for kind in kinds if kind.each), None),
    )


def one_or_each(kind: Kind, such_as: str) -> Kind:
    """A value, or a list of one for each layer."""
    return either(kind, list_of(kind, such_as))


def called(words: str, kind: Kind) -> Kind:
    """The same values in words of their own."""
    return replace(kind, expected=words)


def interval(such_as: str) -> Kind:
    """[low, high], of two finite numbers."""
    ends = list_of(number(), such_as, {2})
    return Kind(
        f"[low, high], such as {such_as}",
        lambda value: ends.takes(value) and value[0] < value[1],  # type: ignore[index]
        each=ends.each,
    )


NULL = exactly(None, "null")


def or_null(kind: Kind) -> Kind:
    return either(kind, NULL)


def in_bytes(n: float) -> str:
    """A number of bytes, in the unit that makes it short.

    >>> in_bytes(8e12)
    '8 TB'
    """
    thousands = min(len(UNITS) - 1, int(log10(max(n, 1)) // 3))
    return f"{n / 1000**thousands:.3g} {UNITS[thousands]}"


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_beyond_int64(value: object) -> bool:
    """Whether torch could not take it as it stands; a float of that size it can."""
    return isinstance(value, int) and abs(value) > COUNTABLE and abs(value) <= LARGEST


def _is_huge(value: object) -> bool:
    return _is_number(value) and LARGEST < abs(value) < float("inf")  # type: ignore[arg-type]


TRUE_OR_FALSE = Kind("true or false", lambda value: isinstance(value, bool))
TEXT = Kind("a text", lambda value: isinstance(value, str) and "\0" not in value)
NAME = Kind("a name", lambda value: isinstance(value, str) and bool(value.strip()))
PATH = Kind(
    "a path",
    lambda value: isinstance(value, str) and bool(value.strip()) and "\0" not in value,
    lambda value: f"; one of digits is written ./{value}" if _is_whole(value) else "",
)
PART = Kind("options of a part, with its _target_", lambda value: isinstance(value, dict) and "_target_" in value)
OPTIONS = Kind("options by name, such as {a:1,b:2}", lambda value: isinstance(value, dict))
POSITIVE = number(above=0)
NOT_NEGATIVE = number(low=0)
SHARE = number(0, 1)
ANY_NUMBER = number()
