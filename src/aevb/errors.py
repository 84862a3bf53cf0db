"""Mistakes that a user can mend, told in one message."""

import errno
from collections.abc import Sequence

DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "it is not permitted",
    errno.EPERM: "it is not permitted",
    errno.ENOENT: "there is no such folder",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EISDIR: "a folder of that name is in the way",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.EEXIST: "something that is not a folder is in the way",
}
ELSEWHERE = "Make room or choose another place, such as hydra.run.dir=/some/folder."


class UserError(Exception):
    """Something outside the program is wrong: a file, a device, a diverged run.

    The message says what was got, what was expected and what to do. The entry points print it without a
    traceback. A wrong argument of a class raises the usual ValueError instead.
    """


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, told as one message. Not an Exception, so that a sweep stops with it."""


def whole_number(name: str, value: object, at_least: int = 1) -> int:
    """Return `value`, or raise a ValueError naming it, unless it is an integer of at least `at_least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise ValueError(f"{name}={value!r}: expected a whole number of at least {at_least}")
    return value


def number_from(name: str, value: object, low: float, *, above: bool = False) -> float:
    """Return `value`, or raise a ValueError naming it, unless it is a finite number of at least (or above) `low`."""
    if isinstance(value, int | float) and (low < value if above else low <= value) and value < float("inf"):
        return value
    raise ValueError(f"{name}={value!r}: expected a number {'above' if above else 'of at least'} {low}")


def whole_numbers(name: str, values: object) -> tuple[int, ...]:
    """Return `values` as a tuple, or raise a ValueError, unless it is a list of integers of at least 1."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ValueError(f"{name}={values!r}: expected a list of whole numbers, such as {name}=[64,32]")
    return tuple(whole_number(f"{name}[{i}]", value) for i, value in enumerate(values))
