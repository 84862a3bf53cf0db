"""A run that a signal stops is saved at the step where it stopped, and goes on from there exactly."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from lightning.pytorch import Callback, Trainer
from omegaconf import DictConfig

from aevb.errors import Interrupted
from aevb.runs.checkpoint import load_checkpoint
from aevb.signals import _Stop, catch_signals, unwinding
from aevb.train.run import train
from tests.train.test_train import QUICK, same, weights

Configure = Callable[..., DictConfig]
SIX = (*QUICK, "trainer.max_epochs=6", "speed.chunk_size=4")


class Send(Callback):
    """Sends this process a signal when an epoch begins."""

    def __init__(self, number: int) -> None:
        self.number = number

    def on_train_epoch_start(self, trainer: Trainer, *unused: object) -> None:
        if trainer.current_epoch == 2:
            os.kill(os.getpid(), self.number)


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> object:
    """Signals are caught as in a command, and forgotten afterwards."""
    before = {number: signal.getsignal(number) for number in (*signal.Signals,) if number.name in
              ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGUSR2")}  # fmt: skip
    monkeypatch.setattr("aevb.signals.atexit.register", lambda function: function)
    monkeypatch.setattr("aevb.signals.sys.unraisablehook", None)
    catch_signals()
    yield
    _Stop.at, _Stop.caught, _Stop.told, _Stop.signal = None, (), False, signal.SIGINT
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_checkpoint_is_that_of_the_step(configure: Configure, signals: object, number: int) -> None:
    send = "+callbacks.send={_target_: tests.train.test_stopped_by_a_signal.Send, number: " + str(int(number)) + "}"
    cfg = configure(*SIX, send)
    with pytest.raises((Interrupted, KeyboardInterrupt)), unwinding():
        train(cfg)
    last = load_checkpoint(Path(cfg.run_dir) / "checkpoints" / "last.ckpt")
    assert last["global_step"] == 24  # the first chunk after two epochs of ten steps
    _Stop.at = None
    resumed, whole = configure(*SIX, f"ckpt_path={cfg.run_dir}"), configure(*SIX)
    train(resumed)
    train(whole)
    assert same(weights(resumed), weights(whole))


def test_the_handler_of_a_launcher_is_called_after_the_checkpoint(configure: Configure, signals: object) -> None:
    steps = []
    cfg = configure(*SIX, "+callbacks.send={_target_: tests.train.test_stopped_by_a_signal.Send, number: "
                          f"{int(signal.SIGUSR2)}" + "}")  # fmt: skip
    last = Path(cfg.run_dir) / "checkpoints" / "last.ckpt"

    def requeue(number: int, frame: object) -> None:
        steps.append(load_checkpoint(last)["global_step"])
        raise SystemExit(3)

    signal.signal(signal.SIGUSR2, requeue)
    with pytest.raises(SystemExit, match="3"):
        train(cfg)
    assert steps == [24]
