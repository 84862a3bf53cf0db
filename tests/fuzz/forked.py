"""A command line in a forked copy of this process: the imports are reused, and whatever happens there stays there."""

import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.global_hydra import GlobalHydra

from aevb.command_line.plain_errors import plain_errors

TRACEBACK = 99  # the exit code of a case that ends with one
MEMORY = 12 * 2**30  # bytes of addresses, above what torch has mapped already
CPU_SECONDS = 60
WALL_SECONDS = 240  # other processes may be at work


class Ended(NamedTuple):
    """How a case ended: the exit code, or minus the signal; what it printed; the seconds that it took."""

    code: int
    out: str
    err: str
    seconds: float


def run(command: str, main: Callable[[], Any], arguments: list[str], folder: Path) -> Ended:
    """Run a command's Hydra main in a folder of its own."""
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os._exit(_child(command, main, arguments, folder))
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if time.perf_counter() - started > WALL_SECONDS:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    out, err = ((folder / name).read_text("utf-8", "replace") for name in (".out", ".err"))
    return Ended(os.waitstatus_to_exitcode(ended[1]), out, err, time.perf_counter() - started)


def _child(command: str, main: Callable[[], Any], arguments: list[str], folder: Path) -> int:
    os.setsid()  # whatever a case kills, beside itself, is of its own
    os.chdir(folder)
    for number, name in ((1, ".out"), (2, ".err")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    os.environ["HYDRA_FULL_ERROR"] = "0"
    GlobalHydra.instance().clear()
    sys.argv = [f"src/{command}.py", *arguments]
    code: Any = 0
    try:
        with plain_errors(command):
            main()
    except SystemExit as stop:
        code = 0 if stop.code is None else stop.code
    except BaseException:  # whatever it is, it is what this looks for
        traceback.print_exc()
        code = TRACEBACK
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 1
