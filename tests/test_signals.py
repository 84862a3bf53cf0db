"""Ctrl-C, SIGTERM and SIGHUP: one message, an exit code, and nothing that swallows them."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}
BEGIN = "from aevb.signals import *; import signal, time; catch_signals()\n"
AT_WORK = """
from aevb.command_line.plain_errors import plain_errors
import sys
class Destructor:
    def __del__(self): work()
def work():
    print("ready", flush=True)
    time.sleep(20)
def swallowed():
    try: work()
    except BaseException: pass
    time.sleep(20)
def changed():
    try: work()
    except BaseException as error: raise ValueError("something else") from error
def late():
    try: work()
    except BaseException: pass
with plain_errors("train"), unwinding():
    """


def ended(code: str, number: signal.Signals, *, ignored: bool = False) -> tuple[int, str]:
    """The exit code and the errors of a program that gets a signal when it says that it is ready."""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={"PYTHONPATH": str(SRC)}, preexec_fn=lambda: signal.signal(
                                   number, signal.SIG_IGN if ignored else signal.SIG_DFL))  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    _, errors = process.communicate(timeout=15)
    return process.returncode, errors


@pytest.mark.parametrize("number", CODES)
def test_a_signal_among_the_imports_ends_the_process(number: signal.Signals) -> None:
    swallow = "try:\n  print('ready', flush=True); time.sleep(20)\nexcept BaseException: pass\ntime.sleep(20)"
    assert ended(BEGIN + swallow, number) == (CODES[number], "Error: Interrupted.\n")


@pytest.mark.parametrize("work", ["work()", "swallowed()", "changed()", "late()", "Destructor(); time.sleep(20)"])
def test_at_work_a_signal_gets_through(work: str) -> None:
    assert ended(BEGIN + AT_WORK + work, signal.SIGTERM) == (143, "Error: Interrupted.\n")


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    code = BEGIN + "print('ready', flush=True); time.sleep(0.5)"
    assert ended(code, signal.SIGHUP, ignored=True) == (0, "")
    assert ended(code, signal.SIGINT, ignored=True) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("number", CODES)
def test_a_run_is_interrupted_at_any_moment(number: signal.Signals, tmp_path: Path) -> None:
    for trial in range(5):
        folder = tmp_path / str(trial)
        process = subprocess.Popen(
            [sys.executable, "-m", "src.train", "experiment=quick", "trainer.max_epochs=3", f"hydra.run.dir={folder}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=SRC.parent,
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))  # fmt: skip
        while not (folder / "train.log").exists():
            time.sleep(0.05)
        time.sleep(random.uniform(0, 10))
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        if process.returncode != 0:  # it may have ended before
            assert process.returncode == CODES[number]
            assert errors.startswith("Error: Interrupted")
            assert "Traceback" not in errors
            if (folder / "checkpoints" / "last.ckpt").exists() and "before the first" not in errors:
                assert "ckpt_path=" in errors
