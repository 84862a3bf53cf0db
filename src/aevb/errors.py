"""Errors whose message is all that a user needs."""

import re


class UserError(Exception):
    """Something outside the program is wrong: a file, a device, an option of a command, a diverged run.

    The message says what was got, what was expected and what to do. The commands print it without a traceback. A wrong
    argument of a class raises the usual ValueError instead.
    """


class Refused(BaseException):
    """A UserError, its cause, where a library would make a warning of any Exception."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, told as one message. Not an Exception, so that a sweep stops with it."""


class NotApplicable(Exception):
    """A figure or a measurement does not apply to this model or these images; the message says why."""


def out_of_memory(error: BaseException) -> str | None:
    """A sentence on an error that means that there is not enough memory; None for any other.

    torch has no class of its own for the memory of a CPU.

    >>> out_of_memory(RuntimeError("can't allocate memory: you tried to allocate 8000000000 bytes."))
    'There is not enough memory: 8.00 GB more were needed at once.'
    """
    text = str(error)
    by_torch = isinstance(error, RuntimeError) and re.search("can't allocate memory|out of memory|Storage size", text)
    if not (by_torch or isinstance(error, MemoryError)):
        return None
    asked = re.search(r"allocate (\d+) bytes|allocate ([\d.]+ [KMGT]iB)", text)
    size = (asked.group(2) or f"{int(asked.group(1)) / 1e9:.2f} GB") if asked else ""
    return f"There is not enough memory{f': {size} more were needed at once' if size else ''}."
