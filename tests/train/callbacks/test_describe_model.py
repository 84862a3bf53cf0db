"""The layers are written down at the start of every run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from aevb.models import layer_table
from aevb.runs import load_model
from aevb.train.run import train
from tests.train.test_train import QUICK


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_run_says_what_its_model_is_made_of(configure: Callable[..., DictConfig], seeds: int) -> None:
    cfg = configure(*QUICK, "trainer.max_epochs=1", f"seeds={seeds}")
    train(cfg)
    folder = Path(cfg.run_dir)
    model = load_model(folder if seeds == 1 else folder / "seed-0")
    text = (folder / "model.txt").read_text(encoding="utf-8")
    assert text == layer_table(model) + "\n"
    shown = [
        event.tensor_proto.string_val[0].decode()
        for file in folder.glob("events*")
        for events in [EventAccumulator(str(file)).Reload()]
        if "run/text_summary" in events.Tags()["tensors"]
        for event in events.Tensors("run/text_summary")
    ]
    assert len(shown) == 2
    assert all(text in card for card in shown)
    assert "### Results" not in shown[0]
    assert "### Results" in shown[1]
