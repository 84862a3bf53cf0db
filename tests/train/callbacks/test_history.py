"""The history of a run has the numbers of each epoch in one row, also over an interruption."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig

from aevb.runs.history import read_history, write_history
from aevb.train import LightningModel
from aevb.train.callbacks import History
from aevb.train.run import train
from tests.train.test_train import QUICK

Configure = Callable[..., DictConfig]


def history_of(run: DictConfig) -> list[dict[str, float]]:
    return read_history(Path(run.run_dir) / "history.csv")


def test_a_row_has_training_and_validation_of_the_same_epoch(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, list[float]] = {"train/loss": [], "val/loss": []}
    log = LightningModel.log_dict

    def note(self: LightningModel, values: dict[str, Any], **options: Any) -> None:
        for name in seen.keys() & values.keys():
            if self.trainer.state.fn == "fit":
                seen[name].append(float(values[name]))
        log(self, values, **options)

    monkeypatch.setattr(LightningModel, "log_dict", note)
    cfg = configure(*QUICK, "trainer.max_epochs=3")
    train(cfg)
    rows = history_of(cfg)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert [row["images"] for row in rows] == [1200, 2400, 3600]
    for name, values in seen.items():
        assert [row[name] for row in rows] == pytest.approx(values[-3:])


@pytest.mark.parametrize("options", [(), ("data.val_size=0",)])
def test_a_resumed_run_has_the_history_of_one_that_was_never_interrupted(
    configure: Configure, options: tuple[str, ...]
) -> None:
    whole = configure(*QUICK, *options, "trainer.max_epochs=3")
    half = configure(*QUICK, *options, "trainer.max_epochs=1")
    train(whole)
    train(half)
    rest = configure(*QUICK, *options, "trainer.max_epochs=3", f"ckpt_path={half.run_dir}")
    train(rest)
    assert history_of(rest) == history_of(whole)
    assert len(history_of(whole)) == 3
    assert ("val/loss" in history_of(whole)[0]) == (not options)


def test_an_epoch_without_validation_has_none(configure: Configure) -> None:
    cfg = configure(*QUICK, "trainer.max_epochs=2", "+trainer.check_val_every_n_epoch=2")
    train(cfg)
    assert [("val/loss" in row, "train/loss" in row) for row in history_of(cfg)] == [(False, True), (True, True)]


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    rows = [{"epoch": 1, "train/loss": 0.1 + 0.2}, {"epoch": 2, "train/loss": -1e-30, "val/loss": 3.0}]
    write_history(tmp_path / "history.csv", rows)
    assert read_history(tmp_path / "history.csv") == rows


def test_testing_an_earlier_checkpoint_keeps_the_rows(tmp_path: Path) -> None:
    history = History(tmp_path / "history.csv")
    history.rows = [{"epoch": 1}, {"epoch": 2}]
    history.load_state_dict({"images": 1, "rows": [{"epoch": 1}]})  # Lightning does this before it tests best.ckpt
    assert len(history.rows) == 2
