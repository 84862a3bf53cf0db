"""What early stopping watches is there, and it ends training when that grows worse."""

from collections.abc import Callable

import pytest
from lightning.pytorch.callbacks import EarlyStopping
from omegaconf import DictConfig, OmegaConf

from aevb.errors import UserError
from aevb.models import VAE
from aevb.train.assemble import assemble
from aevb.train.plan import plan_run
from aevb.train.run import train
from aevb.train.watched import Known, watching
from tests.train.test_train import QUICK, metrics_of

Configure = Callable[..., DictConfig]
STOP = "callbacks=[default,early_stopping]"
MINE = "+callbacks.mine._target_=lightning.pytorch.callbacks.EarlyStopping"


def modes(cfg: DictConfig) -> list[tuple[str, str]]:
    callbacks = assemble(plan_run(cfg)).trainer.callbacks  # type: ignore[attr-defined]
    return [(each.monitor, each.mode) for each in callbacks if isinstance(each, EarlyStopping)]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([STOP], ("val/elbo", "max")),
        ([STOP, "loss=iwae"], ("val/loss", "min")),
        ([STOP, "+callbacks.early_stopping.monitor=val/loss"], ("val/loss", "min")),
        ([STOP, "+callbacks.early_stopping.monitor=train/kl"], ("train/kl", "min")),
        ([STOP, "+callbacks.early_stopping.monitor=train/elbo", "data.val_size=0"], ("train/elbo", "max")),
        ([STOP, "+callbacks.early_stopping.mode=min"], ("val/elbo", "min")),
        ([MINE, "+callbacks.mine.monitor=val/elbo"], ("val/elbo", "max")),
        ([STOP, "model=vq_vae", "+callbacks.early_stopping.monitor=val/usage", "+callbacks.early_stopping.mode=max"],
         ("val/usage", "max")),
    ],
)  # fmt: skip
def test_the_better_values_are_those_of_what_is_watched(
    configure: Configure, overrides: list[str], expected: tuple[str, str]
) -> None:
    assert modes(configure("data=digits", "trainer=cpu", "figures=[]", *overrides)) == [expected]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["data.val_size=0"], r"early_stopping watches val/elbo: set data\.val_size above 0"),
        (
            ["+callbacks.early_stopping.monitor=val/nope"],
            r"val/nope, which is not there\. There are: val/loss, val/elbo",
        ),
        (["+callbacks.early_stopping.monitor=elbo"], r"elbo, which is not there\. There are: val/loss, .*train/kl"),
        (["model=vq_vae", "+callbacks.early_stopping.monitor=val/usage"], r"add \+callbacks\.early_stopping\.mode=min"),
    ],
)
def test_what_cannot_be_watched_is_refused_before_training(
    configure: Configure, overrides: list[str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        assemble(plan_run(configure("data=digits", "trainer=cpu", "figures=[]", STOP, *overrides)))


def test_quantities_that_a_callback_of_ones_own_may_log_can_be_watched(small_vae: Callable[..., VAE]) -> None:
    known = Known(small_vae(), validated=True, complete=False)
    node = OmegaConf.create({"_target_": "lightning.pytorch.callbacks.EarlyStopping", "monitor": "my/own"})
    with pytest.raises(UserError, match=r"callbacks\.x watches my/own, .* add \+callbacks\.x\.mode=min"):
        watching("x", node, known)
    node.mode = "max"
    assert watching("x", node, known) == {"monitor": "my/own"}


def test_training_goes_on_while_the_loss_improves_and_its_end_is_explained(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    options = (*QUICK, STOP, "+callbacks.early_stopping.monitor=val/loss", "callbacks.early_stopping.patience=1")
    cfg = configure(*options, "trainer.max_epochs=3")
    train(cfg)
    assert metrics_of(cfg)["epochs"] == 3
    assert "Early stopping" not in capsys.readouterr().out
    cfg = configure(*options, "callbacks.early_stopping.min_delta=1000", "trainer.max_epochs=9")
    train(cfg)
    assert metrics_of(cfg)["epochs"] == 2
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "Early stopping" in line]
    assert line.startswith("Early stopping ended training after epoch 2: val/loss was no better than ")
    assert line.endswith(" within patience=1.")
