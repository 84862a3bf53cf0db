"""Processes that take turns, so that what slows the machine down for a while slows all of them."""

import json
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from statistics import median
from typing import IO

Figures = dict[str, float]
PAUSE = 0.25  # seconds, in which the threads of the process before stop waiting for more work


class Turns:
    """The worker's side: wait for a turn, then answer with figures, such as seconds."""

    def __init__(self) -> None:
        self.orders = os.fdopen(int(os.environ["BENCH_ORDERS"]))
        self.answers = os.fdopen(int(os.environ["BENCH_ANSWERS"]), "w")

    def wait(self) -> None:
        if not self.orders.readline():
            sys.exit()

    def answer(self, **figures: float) -> None:
        print(json.dumps(figures), file=self.answers, flush=True)


class Worker:
    """A process that takes turns. Its output goes to a terminal of its own, so that progress bars are drawn."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        orders, answers, (self.terminal, terminal) = os.pipe(), os.pipe(), pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            stderr=terminal,
            pass_fds=(orders[0], answers[1]),
            env={**os.environ, "BENCH_ORDERS": str(orders[0]), "BENCH_ANSWERS": str(answers[1])},
        )
        for end in (orders[0], answers[1], terminal):
            os.close(end)
        self.orders: IO[str] = os.fdopen(orders[1], "w")
        self.answers: IO[str] = os.fdopen(answers[0])
        self.output: list[bytes] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def turn(self) -> Figures:
        time.sleep(PAUSE)
        with suppress(BrokenPipeError):
            print("go", file=self.orders, flush=True)
        line = self.answers.readline()
        if not line:
            self.process.wait()
            sys.exit(f"{self.name} failed:\n{b''.join(self.output).decode(errors='replace')[-3000:]}")
        figures: Figures = json.loads(line)
        return figures

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.answers.close()
        with suppress(BrokenPipeError):
            self.orders.close()

    def _listen(self) -> None:
        try:
            while text := os.read(self.terminal, 65536):
                self.output.append(text)
        except OSError:  # the terminal's other end is closed
            pass
        os.close(self.terminal)


def take_turns(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[Figures]]:
    """The figures of each command in each round; a first round, in which things warm up, is not counted.

    Every other round runs in the opposite order.
    """
    workers = [Worker(name, command) for name, command in commands.items()]
    try:
        for worker in workers:
            worker.turn()
        figures: dict[str, list[Figures]] = {worker.name: [] for worker in workers}
        for i in range(rounds):
            for worker in workers[:: 1 if i % 2 == 0 else -1]:
                figures[worker.name].append(worker.turn())
        return figures
    finally:
        for worker in workers:
            worker.stop()


def ratio(reference: list[Figures], ours: list[Figures], figure: str) -> float:
    """How many times as fast as the reference: the median over rounds, each compared with itself."""
    return median(a["seconds"] / b[figure] for a, b in zip(reference, ours, strict=True))
