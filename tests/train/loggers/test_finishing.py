"""Whatever ends a run, its loggers hear of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lightning.pytorch.loggers import Logger, WandbLogger
from omegaconf import DictConfig

from aevb.train.loggers import TensorBoard
from aevb.train.loggers.results import finishing
from aevb.train.run import train
from tests.train.test_train import QUICK

Configure = Callable[..., DictConfig]


class Ends(Logger):
    """Keeps what it is told of the end."""

    made: list["Ends"]
    name = version = "ends"

    def __init__(self) -> None:
        self.statuses: list[str] = []
        Ends.made = [self]

    def log_metrics(self, *args: Any, **kwargs: Any) -> None: ...
    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None: ...

    def finalize(self, status: str) -> None:
        self.statuses.append(status)


class Broken(Ends):
    def finalize(self, status: str) -> None:
        raise OSError("its server is gone")


@pytest.mark.parametrize("place", ["connect", "log_options", "score", "report"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_does_not_come_to_its_end_has_failed(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, place: str, error: type[BaseException]
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    monkeypatch.setattr(f"aevb.train.run.{place}", fail)
    with pytest.raises(BaseException):  # noqa: B017, PT011
        train(
            configure(*QUICK, "trainer.max_epochs=1", "+logger.own={_target_: tests.train.loggers.test_finishing.Ends}")
        )
    (logger,) = Ends.made
    assert logger.statuses[-1] == "failed"


def test_one_that_comes_to_its_end_has_not(configure: Configure) -> None:
    train(configure(*QUICK, "trainer.max_epochs=1", "+logger.own={_target_: tests.train.loggers.test_finishing.Ends}"))
    (logger,) = Ends.made
    assert {*logger.statuses} == {"success"}


def test_one_that_has_not_begun_does_not_begin_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setattr("wandb.init", lambda **options: pytest.fail("begun"))
    with pytest.raises(KeyboardInterrupt), finishing([TensorBoard(tmp_path, name="", version=""), WandbLogger()]):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_logger_that_breaks_hides_neither_the_error_nor_the_others() -> None:
    broken, last = Broken(), Ends()
    with pytest.raises(ZeroDivisionError), finishing([broken, last]):
        raise ZeroDivisionError
    assert last.statuses == ["failed"]
