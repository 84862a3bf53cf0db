"""Online learning: each image is seen once, and its loss is measured before it is learned from."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from aevb.errors import UserError
from aevb.runs.checkpoint import load_data
from aevb.runs.history import Row
from aevb.runs.run import find_runs
from aevb.train.assemble import build_model
from aevb.train.plan import plan_run
from aevb.train.run import train
from tests.train.test_train import QUICK, metrics_of, same, weights

Configure = Callable[..., DictConfig]
STREAM = (*QUICK, "model=mlp_ae", "data.stream=300", "data.batch_size=60")


def history_of(cfg: DictConfig) -> list[Row]:
    (run,) = find_runs(cfg.run_dir)
    return run.history() or []


def test_a_stream_takes_the_steps_of_one_pass(configure: Configure) -> None:
    stream = configure(*STREAM, "trainer.max_epochs=4")
    whole = configure(*STREAM, "data.stream=null", "trainer.max_epochs=1")
    train(stream)
    train(whole)
    assert same(weights(stream), weights(whole))
    rows, (row,) = history_of(stream), history_of(whole)
    assert [row["images"] for row in rows] == [300, 600, 900, 1200]
    assert sum(row["train/loss"] for row in rows) / 4 == pytest.approx(row["train/loss"], rel=1e-6)
    assert rows[-1]["val/loss"] == row["val/loss"]


def test_the_loss_of_a_batch_is_measured_before_the_step_that_learns_from_it(configure: Configure) -> None:
    cfg = configure(*STREAM, "data.batch_size=300", "trainer.max_epochs=1")
    train(cfg)
    data = load_data(cfg.run_dir)
    x, _ = next(iter(data.loader("train")))
    with torch.no_grad():
        untrained = build_model(plan_run(cfg), cfg.seed).terms(x)["loss"].mean().item()
    assert history_of(cfg)[0]["train/loss"] == pytest.approx(untrained, rel=1e-5)


@pytest.mark.parametrize("options", [("data.binarize=dynamic", "noise=masking"), ("seeds=2", "data.val_size=0")])
def test_a_resumed_stream_equals_one_that_was_never_interrupted(configure: Configure, options: tuple[str, ...]) -> None:
    whole = configure(*STREAM, *options, "trainer.max_epochs=4")
    half = configure(*STREAM, *options, "trainer.max_epochs=2")
    train(whole)
    train(half)
    rest = configure(*STREAM, *options, "trainer.max_epochs=4", f"ckpt_path={half.run_dir}")
    train(rest)
    assert same(weights(whole), weights(rest))
    assert metrics_of(whole)["test"] == metrics_of(rest)["test"]
    with pytest.raises(UserError, match=r"data\.stream was 300 and is now 150"):
        train(configure(*STREAM, *options, "data.stream=150", "trainer.max_epochs=4", f"ckpt_path={half.run_dir}"))


def test_a_stream_that_goes_on_too_long_is_refused_before_a_step(configure: Configure) -> None:
    cfg = configure(*STREAM, "trainer.max_epochs=5")
    with pytest.raises(UserError, match="1,200 training images, each seen once, make 4 epochs"):
        train(cfg)
    assert not list(Path(cfg.run_dir).rglob("*.ckpt"))
