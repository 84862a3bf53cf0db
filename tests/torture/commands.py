"""Commands in processes of their own, which begin in a moment: forks of one that has imported everything."""

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# What the commands import late. A fork then begins where a new process is after seconds.
LATE = (
    "aevb.train.run",
    "aevb.train.__main__",
    "aevb.draw.run",
    "aevb.draw.__main__",
    "aevb.evaluate.run",
    "aevb.evaluate.__main__",
    "aevb.figures",
    "aevb.metrics.classifier",
    "lightning.pytorch.loggers",
    "tensorboard.summary.writer.event_file_writer",
    "torch._dynamo",
    "torchvision.datasets",
    "sklearn.datasets",
)


def import_everything() -> None:
    """Import what commands need, in this process, without starting a thread."""
    for name in LATE:
        importlib.import_module(name)


@dataclass
class Command:
    """A running command: its process, and the file that has its output."""

    pid: int
    output: Path

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.pid, signal.SIGKILL)

    def finished(self) -> bool:
        """Whether it has ended by itself; it is not waited for."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def wait(self) -> int:
        """Its exit code; -9 if it was killed."""
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def text(self) -> str:
        """What it has printed."""
        return self.output.read_text(encoding="utf-8", errors="replace")


def start(command: str, arguments: list[str], output: Path) -> Command:
    """Begin python -m aevb.<command> with these arguments."""
    return fork(lambda: _run(command, arguments), output)


def run(command: str, arguments: list[str], output: Path) -> tuple[int, str]:
    """Run a command to its end; returns its exit code and what it printed."""
    started = start(command, arguments, output)
    return started.wait(), started.text()


def fork(task: Callable[[], None], output: Path) -> Command:
    """Do something in a process of its own, with its output in a file."""
    output.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Command(pid, output)
    code = 1
    try:
        file = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        task()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def seconds(task: Callable[[], object]) -> float:
    """How long something takes."""
    started = time.monotonic()
    task()
    return time.monotonic() - started


def _run(command: str, arguments: list[str]) -> None:
    sys.argv = [f"aevb.{command}", *arguments]
    importlib.import_module(f"aevb.{command}.__main__").run()
