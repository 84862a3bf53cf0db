"""One message instead of a traceback for mistakes made on the command line."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from aevb.command_line.arguments import prepare_arguments
from aevb.command_line.hydra_patch import complete_modules, compose_once, read_groups_once, read_yaml_in_c
from aevb.command_line.messages import message_of
from aevb.command_line.sweeps.go_on import how_to_go_on
from aevb.command_line.sweeps.watch import Watch, close_sweep, log_failure, summary_of_failures
from aevb.errors import Interrupted, Refused
from aevb.signals import exit_code, stopped, unwinding


@contextmanager
def plain_errors(config_name: str) -> Iterator[None]:
    """Print what a user can mend as one message and exit with 1; HYDRA_FULL_ERROR=1 shows tracebacks.

    config_name: the configuration that the command composes, for the names that there are.

    Anything else is a bug, and keeps its traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ± shows ?
    compose_once()
    read_yaml_in_c()
    completes = {"--shell-completion", "-sc"} & {*sys.argv}
    if completes or {"--help", "-h"} & {*sys.argv}:
        read_groups_once()
    if completes:
        complete_modules()
    full = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands errors on instead of printing them its own way
    logging.raiseExceptions = False  # nor does a log that cannot be written print a traceback
    try:
        prepare_arguments()
        yield
    except BrokenPipeError:  # whoever read the output has enough, as in --help | head
        _discard_output()
        sys.exit(0)
    except Refused as refused:
        _fail(str(refused.__cause__))
    except (KeyboardInterrupt, Exception) as error:
        if stopped() or isinstance(error, KeyboardInterrupt):
            interruption = message_of(error if isinstance(error, KeyboardInterrupt) else KeyboardInterrupt()) or ""
            interruption = " ".join([interruption, how_to_go_on(config_name, Watch.folder)]).strip()
            log_failure(error, interruption)
            _fail(interruption, exit_code())
        message, failures = None if full else message_of(error, config_name), summary_of_failures()
        if message is None:
            if failures:
                _print(failures)
            raise
        _fail("\n".join([failures, *([] if message in failures else [message])]) if failures else message)
    finally:
        close_sweep()


@contextmanager
def at_work() -> Iterator[None]:
    """What a command does once it is imported: in the folder that it was called from, until a signal.

    Paths are relative to that folder, also with hydra.job.chdir=true.
    """
    os.chdir(HydraConfig.get().runtime.cwd)
    try:
        with unwinding():
            yield
    except Interrupted:
        raise
    except (KeyboardInterrupt, Exception) as error:
        if not (stopped() or isinstance(error, KeyboardInterrupt)):
            raise
        job = HydraConfig.get()
        if job.mode != RunMode.MULTIRUN:
            raise KeyboardInterrupt from None
        raise Interrupted(f"Interrupted in job {job.job.num} of the sweep.") from None


def _fail(message: str, code: int = 1) -> None:
    _print(message)
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _discard_output()
    sys.exit(code)


def _print(message: str) -> None:
    with suppress(OSError):  # the terminal is gone
        print(f"Error: {message}", file=sys.stderr, flush=True)


def _discard_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor may Python complain when it flushes
