"""What the end of a run prints."""

from collections.abc import Callable

import pytest
from omegaconf import DictConfig

from aevb.train.run import train
from tests.train.test_train import QUICK

Configure = Callable[..., DictConfig]


def test_tensorboard_is_named_where_the_run_has_that_logger(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    cfg = configure(*QUICK, "trainer.max_epochs=1")
    train(cfg)
    assert "TensorBoard: " in capsys.readouterr().out
    more = configure(*QUICK, "trainer.max_epochs=2", f"ckpt_path={cfg.run_dir}", "logger=csv")
    more.run_dir = cfg.run_dir
    train(more)
    printed = capsys.readouterr().out
    assert "Run folder: " in printed
    assert "TensorBoard: " not in printed
