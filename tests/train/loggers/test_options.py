"""Loggers are told what makes a run what it is, each thing once."""

from collections.abc import Callable
from typing import Any

import pytest
from omegaconf import DictConfig

from aevb.train.loggers.options import columns, options_of
from aevb.train.plan import plan_run
from tests.train.test_train import QUICK

Configure = Callable[..., DictConfig]
OWN = "+callbacks.mine._target_=lightning.pytorch.Callback"


def logged(cfg: DictConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of a run, for any logger and as columns of TensorBoard."""
    plan = plan_run(cfg)
    return options_of(plan.config), dict(columns(plan.config, plan.given))


def test_trainer_and_seeds_are_among_the_options(configure: Configure) -> None:
    options, _ = logged(configure(*QUICK, "trainer.max_epochs=3", "trainer.precision=64-true", "seeds=2", "seed=5"))
    assert options.items() >= {"trainer.max_epochs": 3, "trainer.precision": "64-true", "seeds": 2, "seed": 5}.items()


@pytest.mark.parametrize("model", ["mlp_vae", "conv_vae", "mlp_ae", "vq_vae", "psd"])
def test_no_option_is_there_twice(configure: Configure, model: str) -> None:
    options, _ = logged(configure("data=digits", f"model={model}"))
    copies = [name for name in options if name.removeprefix("model.") != name and name[6:] in options]
    assert copies == []
    assert [name for name in options if name.endswith("latent_dim")] == ["latent_dim"]


def test_a_part_that_does_not_follow_latent_dim_says_so(configure: Configure) -> None:
    options, _ = logged(configure(*QUICK, "decoder.latent_dim=3"))
    assert options.items() >= {"latent_dim": 2, "decoder.latent_dim": 3}.items()


def test_only_callbacks_that_change_a_result_tell_runs_apart(configure: Configure) -> None:
    plain = logged(configure(*QUICK, "callbacks=[default]"))
    watched = logged(
        configure(*QUICK, "callbacks=[default,gradient_norms,every_checkpoint,within_epoch]",
                  "callbacks.gradient_norms.every_n_steps=1")
    )  # fmt: skip
    averaged = logged(configure(*QUICK, "callbacks=[default,ema]", OWN, "callbacks.ema.decay=0.9"))
    assert plain == watched
    for before, after in zip(plain, averaged, strict=True):
        names = {"callbacks": str(after["callbacks"]), "callbacks.ema.decay": after["callbacks.ema.decay"]}
        assert after | names == before | names
        assert names == {"callbacks": "['ema', 'mine']", "callbacks.ema.decay": 0.9}
