"""An experiment goes with choices that do not know all of its options."""

from collections.abc import Callable

import pytest
from omegaconf import DictConfig

from aevb.errors import UserError
from aevb.train.plan import plan_run

Configure = Callable[..., DictConfig]


@pytest.mark.parametrize(
    ("options", "group", "left"),
    [
        ("experiment=keras_ae loss=bce", "loss", set()),
        ("experiment=keras_ae loss=mse", "loss", {"output", "reduction"}),
        ("experiment=mlp_vae posterior=laplace loss=sgvb_a", "posterior", {"latent_dim", "family"}),
        ("experiment=keras_vae likelihood=bernoulli", "likelihood", set()),
        ("experiment=mlp_ae scheduler=none", "scheduler", {"factor"}),
        ("experiment=iwae optimizer=adam", "optimizer", {"lr", "fused", "eps"}),
        ("experiment=iwae optimizer=sgd", "optimizer", {"lr", "momentum", "fused"}),
    ],
)
def test_what_another_choice_does_not_take_is_left_out(
    configure: Configure, options: str, group: str, left: set[str]
) -> None:
    cfg = plan_run(configure(*options.split(), "data=digits")).cfg
    assert {name for name in cfg[group] if not str(name).startswith("_")} == left
    assert cfg.model.get(group, cfg[group]) == cfg[group]


def test_what_the_command_line_gives_is_refused(configure: Configure) -> None:
    with pytest.raises(UserError, match=r"loss\.beta: loss=iwae has no such option"):
        plan_run(configure("experiment=mlp_vae", "loss=iwae", "loss.beta=2"))


def test_without_an_experiment_nothing_changes(configure: Configure) -> None:
    cfg = configure("data=digits", "loss=iwae")
    assert plan_run(cfg).cfg == cfg
