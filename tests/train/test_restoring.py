"""State that training cannot take up is named, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig

from aevb.errors import UserError
from aevb.train.restoring import restoring
from aevb.train.run import train

QUICK = ("data=digits", "trainer=cpu", "figures=[]", "encoder.hidden_sizes=[4]", "decoder.hidden_sizes=[4]")


def of_a_weight(content: dict[str, Any]) -> dict[str, Any]:
    """What Adam remembers of the first weights."""
    state: dict[str, Any] = content["optimizer_states"][0]["state"][0]
    return state


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "loops": lambda content: content["loops"]["fit_loop"].update({"epoch_loop.val_loop.batch_progress": 5}),
    "optimiser": lambda content: content["optimizer_states"][0]["param_groups"].append({"params": []}),
    "callbacks": lambda content: content.update(callbacks=dict.fromkeys(content["callbacks"], 5)),
    "metrics": lambda content: content.update(metrics={"elsewhere": {"sums": torch.zeros(2)}}),
    "history": lambda content: content["callbacks"]["History"].update(validation=torch.zeros(())),
    "rows": lambda content: content["callbacks"]["History"].update(rows=[{"epoch": "1"}]),
    "random numbers": lambda content: content["callbacks"]["SeedEachEpoch"].update(cpu=[[1]]),
    "averages of other weights": lambda content: of_a_weight(content).update(exp_avg=torch.zeros(3)),
    "averages that are none": lambda content: of_a_weight(content).update(exp_avg_sq=None),
    "averages without a value": lambda content: of_a_weight(content)["exp_avg"].fill_(float("nan")),
    "steps": lambda content: of_a_weight(content).update(step=torch.zeros(3)),
    "learning rate": lambda content: content["optimizer_states"][0]["param_groups"][0].update(lr="x"),
    "epochs of the scheduler": lambda content: content["lr_schedulers"][0].update(last_epoch=None),
    "version": lambda content: content.update({"pytorch-lightning_version": "x"}),
}


def test_foreign_state_gets_one_message(configure: Callable[..., DictConfig], tmp_path: Path) -> None:
    cfg = configure(*QUICK, "trainer.max_epochs=1")
    train(cfg)
    for name, change in CHANGES.items():
        content = torch.load(Path(cfg.run_dir) / "checkpoints" / "last.ckpt", weights_only=True)
        change(content)
        torch.save(content, tmp_path / f"{name}.ckpt")
        with pytest.raises(UserError, match=rf"{name}\.ckpt"):
            train(configure(*QUICK, "trainer.max_epochs=2", f"ckpt_path={tmp_path / name}.ckpt"))


def test_a_bug_elsewhere_keeps_its_own_error() -> None:
    with pytest.raises(KeyError), restoring(Path("a.ckpt")):
        raise KeyError("loops")
