"""Training that would end with nothing to test does not begin."""

from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from aevb.errors import UserError
from aevb.runs.history import read_history
from aevb.train.plan import plan_run
from aevb.train.run import train
from tests.train.test_train import QUICK, metrics_of

Configure = Callable[..., DictConfig]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("+trainer.limit_val_batches=0",), "nothing would be validated"),
        (("+trainer.limit_test_batches=0",), "nothing would be tested"),
        (("+trainer.limit_train_batches=0.0",), "nothing would be trained"),
        (("+trainer.check_val_every_n_epoch=13",), "no epoch of 12 would be validated"),
        (("callbacks.best.filename=foo",), "expected best, since"),
        (("callbacks.last.filename=final",), "expected last, since"),
        (("callbacks.last.dirpath=elsewhere",), "expected .*/checkpoints"),
        (("+callbacks.best.save_top_k=3",), "expected 1, since"),
        (("+callbacks.last.save_weights_only=true",), "expected False, since"),
        (("callbacks=[]",), "callbacks.best is missing: keep callbacks=default"),
        (("callbacks.last=null",), "callbacks.last is missing: keep callbacks=default"),
    ],
)
def test_it_is_refused(configure: Configure, options: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError, match=message):
        plan_run(configure(*QUICK, *options))


@pytest.mark.parametrize(
    "target", ["lightning.pytorch.callbacks.EarlyStopping", "lightning.pytorch.callbacks.LearningRateMonitor"]
)
def test_what_keeps_the_best_epoch_is_a_checkpoint(configure: Configure, target: str) -> None:
    with pytest.raises(UserError, match=r"^callbacks\.best: "):
        train(configure(*QUICK, f"callbacks.best._target_={target}"))


@pytest.mark.parametrize("options", [("+trainer.limit_val_batches=0",), ("+trainer.check_val_every_n_epoch=13",)])
def test_without_validation_nothing_has_to_be_validated(configure: Configure, options: tuple[str, ...]) -> None:
    plan_run(configure(*QUICK, *options, "data.val_size=0"))


@pytest.mark.parametrize(
    ("options", "tested", "epochs"),
    [
        (("+trainer.max_steps=5",), "last.ckpt", 1),  # of 10 steps an epoch
        (("+trainer.max_steps=15",), "best.ckpt", 2),
        (("+trainer.val_check_interval=1000", "+trainer.check_val_every_n_epoch=null"), "last.ckpt", 3),
        (("+callbacks.last.every_n_epochs=10",), "best.ckpt", 3),
        (("+callbacks.best.every_n_epochs=10",), "last.ckpt", 3),
        (("+trainer.fast_dev_run=true",), "last.ckpt", 1),
    ],
)
def test_what_there_is_is_tested(configure: Configure, options: tuple[str, ...], tested: str, epochs: int) -> None:
    cfg = configure(*QUICK, "data.batch_size=120", "trainer.max_epochs=3", *options)
    train(cfg)
    metrics = metrics_of(cfg)
    assert Path(metrics["checkpoint"]).name == tested
    assert metrics["epochs"] == epochs == len(read_history(Path(cfg.run_dir) / "history.csv"))
    assert (Path(cfg.run_dir) / "checkpoints" / "last.ckpt").exists()


def test_a_last_batch_that_cannot_be_trained_on_is_met_before_training(configure: Configure) -> None:
    options = ("data=digits", "trainer=cpu", "figures=[]", "experiment=deep_conv_vae", "trainer.max_epochs=1")
    with pytest.raises(UserError, match="256, which leaves 1 of 257 images over"):
        train(configure(*options, "data=digits", "data.limit=257"))


def test_a_last_batch_of_one_image_changes_no_weight_beforehand(configure: Configure) -> None:
    cfg = configure(*QUICK, "trainer.max_epochs=1", "data.limit=257")
    train(cfg)
    assert metrics_of(cfg)["data"]["split_sizes"]["train"] == 257
