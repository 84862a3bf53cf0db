"""Ctrl-C, SIGTERM and SIGHUP: an exit code that says which, and a message in place of a traceback.

Nothing is imported here but what Python has imported already, so that a command can begin with `catch_signals`.
"""

import atexit
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}
AGAIN_AFTER = 1.0  # seconds
GRACE = 10.0  # seconds for work under way to come to where it can be saved
RANK_ARGUMENTS = "AEVB_RANK_ARGUMENTS"  # in the environment of a process that another device's has started


class _Stop:
    """The signal that was caught first, when, and whether work is under way that has to be wound up."""

    signal: int = signal.SIGINT
    at: float | None = None
    at_work = False
    deferred = False  # whether somebody will look whether a signal has come, when work can be saved
    told = False
    farewell: Callable[[], str] | None = None  # what is done where a signal ends the process, and then said
    caught: tuple[int, ...] = ()  # none where this is no command


def catch_signals() -> None:
    """From now on a signal ends this command with a message, but one that is ignored, as after nohup, or has a handler.

    The process of another device of a run leaves it to the first, which ends it.
    """
    if RANK_ARGUMENTS in os.environ:
        for number in EXIT_CODES:
            signal.signal(number, signal.SIG_IGN)
        return
    usual = (signal.SIG_DFL, signal.default_int_handler)
    _Stop.caught = tuple(number for number in EXIT_CODES if signal.getsignal(number) in usual)
    signal.signal(signal.SIGALRM, _remind)  # now, because Lightning puts back what it finds
    sys.unraisablehook = _unraisable
    atexit.register(_skip_finalization)  # the first to be registered is the last to be called
    keep_catching()


def keep_catching() -> None:
    """Catch the signals of `catch_signals` again, where a library has put its own handlers in their place."""
    for number in _Stop.caught:
        signal.signal(number, _caught)


@contextmanager
def unwinding() -> Iterator[None]:
    """Within, a signal raises KeyboardInterrupt, and does so again if that is swallowed; elsewhere it ends the process.

    Elsewhere is among imports, where an exception may come out as another one, or as none.
    """
    _Stop.at_work = True
    try:
        yield
        if _Stop.at is not None:
            raise KeyboardInterrupt
    finally:
        _Stop.at_work = _Stop.deferred = False
        signal.setitimer(signal.ITIMER_REAL, 0)


def defer(on: bool) -> None:
    """From now on the first signal is only noted, for `stopped` to say so, and raises nothing for a while."""
    _Stop.deferred = on


def be_patient() -> None:
    """Where a signal has come: put the next reminder off, for what has to be wound up."""
    if _Stop.at is not None and _Stop.at_work:
        signal.setitimer(signal.ITIMER_REAL, GRACE, AGAIN_AFTER)


def before_end(farewell: Callable[[], str] | None) -> None:
    """Have this called before a first signal ends the process outside `unwinding`; what it returns is printed."""
    _Stop.farewell = farewell


def at_work() -> bool:
    """Whether this process is within `unwinding`."""
    return _Stop.at_work


def stopped() -> bool:
    """Whether a signal has come: whatever is raised after it may be what a library has made of it."""
    return _Stop.at is not None


def exit_code() -> int:
    """That of a process which the signal has ended, whose message has been printed."""
    _Stop.told = True
    return EXIT_CODES[signal.Signals(_Stop.signal)]


def _caught(number: int, frame: FrameType | None) -> None:
    now = time.monotonic()
    first = _Stop.at is None
    if _Stop.at is None:
        _Stop.signal, _Stop.at = number, now
    elif now - _Stop.at < AGAIN_AFTER:  # the same wish: a terminal sends it to every process of a group
        return
    if not (first and _Stop.at_work):
        _end_at_once(_Stop.farewell if first else None)
    if _Stop.deferred:
        _Stop.deferred = False
        signal.setitimer(signal.ITIMER_REAL, GRACE, AGAIN_AFTER)
        with suppress(OSError):
            os.write(2, b"\nStopping as soon as a checkpoint can be saved; the same again stops at once.\n")
        return
    signal.setitimer(signal.ITIMER_REAL, AGAIN_AFTER, AGAIN_AFTER)
    raise KeyboardInterrupt


def _unraisable(failure: "sys.UnraisableHookArgs") -> None:
    """Raise soon again what a destructor has swallowed, in place of Python's remark on it."""
    if isinstance(failure.exc_value, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, 0.01, AGAIN_AFTER)
    else:
        sys.__unraisablehook__(failure)


def _skip_finalization() -> None:
    """Spare whoever has stopped the command the seconds that Python takes to clear up after torch."""
    if _Stop.told:
        _end_at_once()


def _remind(number: int, frame: FrameType | None) -> None:
    """Raise once more: a library's `except:` or a destructor has swallowed the first, or clearing up takes long."""
    raise KeyboardInterrupt


def _end_at_once(farewell: Callable[[], str] | None = None) -> None:
    said = ""
    if farewell is not None:
        with suppress(Exception):  # whatever it is, the process ends
            said = f" {farewell()}"
    with suppress(OSError, RuntimeError, ValueError):  # a terminal that is gone, or a print that is under way
        sys.stdout.flush()
    with suppress(OSError):
        show_cursor = b"\x1b[?25h" if os.isatty(2) else b""  # a progress bar hides it
        os.write(2, show_cursor + (b"" if _Stop.told else f"Error: Interrupted.{said}\n".encode()))
    os._exit(EXIT_CODES[signal.Signals(_Stop.signal)])
