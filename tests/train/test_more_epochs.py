"""Going on with more epochs: works for every scheduler, or names the one option that keeps its schedule."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig, OmegaConf

from aevb.errors import UserError
from aevb.runs import CHECKPOINT_FORMAT
from aevb.train.resume import resumed_from
from tests.conftest import choices

Configure = Callable[..., DictConfig]
FOLLOWS = {"scheduler=cosine": "scheduler.T_max=5", "experiment=mlp_ae lr_step=0.4": "scheduler.step_size=2"}


def at_the_end_of_epoch(n: int) -> dict[str, Any]:
    """What a checkpoint holds beside weights, as far as it decides whether training can go on."""
    counts = {"epoch_progress": {"current": {"processed": n, "ready": n}}}
    batches = {"is_last_batch": True, "current": dict.fromkeys(("ready", "started", "processed"), 10)}
    return {
        "format": CHECKPOINT_FORMAT,
        "state_dict": {},
        "epoch": n - 1,
        "global_step": 10 * n,
        "callbacks": {},
        "metrics": {},
        "loops": {"fit_loop": {**counts, "epoch_loop.batch_progress": batches}},
        "optimizer_states": [{"state": {0: {"step": 10 * n}}, "param_groups": [{"params": [0]}]}],
        "lr_schedulers": [{"last_epoch": n}],
    }


@pytest.mark.parametrize("options", [*(f"scheduler={name}" for name in choices("scheduler")), [*FOLLOWS][1]])
def test_more_epochs(configure: Configure, tmp_path: Path, options: str) -> None:
    cfg = configure(*options.split(), "data=digits", "trainer.max_epochs=5")
    then: dict[str, Any] = OmegaConf.to_container(cfg, resolve=True)  # type: ignore[assignment]
    cfg.trainer.max_epochs = 10
    now: dict[str, Any] = OmegaConf.to_container(cfg, resolve=True)  # type: ignore[assignment]
    torch.save({**at_the_end_of_epoch(5), "config": then}, tmp_path / "last.ckpt")
    if options not in FOLLOWS:
        assert resumed_from(str(tmp_path / "last.ckpt"), now) is not None
        return
    with pytest.raises(UserError, match=f"stays as it was with {FOLLOWS[options]}$"):
        resumed_from(str(tmp_path / "last.ckpt"), now)
    name, _, value = FOLLOWS[options].partition("=")
    OmegaConf.update(cfg, name, int(value))
    kept: dict[str, Any] = OmegaConf.to_container(cfg, resolve=True)  # type: ignore[assignment]
    assert resumed_from(str(tmp_path / "last.ckpt"), kept) is not None


def test_a_run_whose_time_is_over_goes_on_with_more_time(configure: Configure, tmp_path: Path) -> None:
    cfg = configure("data=digits", "+trainer.max_time=00:00:01:00")
    config: dict[str, Any] = OmegaConf.to_container(cfg, resolve=True)  # type: ignore[assignment]
    checkpoint = {**at_the_end_of_epoch(5), "callbacks": {"Timer": {"time_elapsed": {"train": 60.5}}}, "config": config}
    path = tmp_path / "run" / "checkpoints" / "last.ckpt"
    path.parent.mkdir(parents=True)
    torch.save(checkpoint, path)
    untested = resumed_from(str(path), config)
    assert untested is not None
    assert untested.finished
    (tmp_path / "run" / "metrics.json").write_text("{}")
    with pytest.raises(UserError, match=r"ended by trainer.max_time=00:00:01:00 after 5 epochs: give it more"):
        resumed_from(str(path), config)
    config["trainer"]["max_time"] = "00:00:02:00"
    more = resumed_from(str(path), config)
    assert more is not None
    assert not more.finished
