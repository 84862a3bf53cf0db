"""A figure's configuration: what cannot be found is named by its place."""

import pytest
from hydra.errors import InstantiationException
from omegaconf import OmegaConf

from aevb.command_line.figure_nodes import figure_of
from aevb.command_line.hydra_messages import instantiation_message


def test_a_function_that_does_not_exist_is_named_with_its_option() -> None:
    node = {"_target_": "nowhere.nothing", "n": 3, "split": "val"}
    cfg = OmegaConf.create({"figures": {"mine": node}})
    with pytest.raises(InstantiationException) as raised:
        figure_of(cfg.figures.mine)
    assert instantiation_message(raised.value) == "figures.mine: No module named 'nowhere'"
