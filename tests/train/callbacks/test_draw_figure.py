"""Figures are drawn when and from what the configuration says."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from matplotlib.figure import Figure
from omegaconf import DictConfig
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from aevb.errors import NotApplicable, UserError
from aevb.train.run import train
from tests.train.test_train import SMALL

Configure = Callable[..., DictConfig]
ALONE = (*SMALL, "trainer.max_epochs=2")


def pictures(cfg: DictConfig) -> set[str]:
    return {file.name for file in (Path(cfg.run_dir) / "figures").iterdir()}


def test_slow_figures_and_animations_are_drawn_at_the_end(configure: Configure) -> None:
    cfg = configure(*ALONE, "figures=[tsne,interpolation_gif]", "figures.tsne.max_images=150",
                    "figures.tsne.perplexity=120", "figures.interpolation_gif.end=3")  # fmt: skip
    train(cfg)  # the trial with 100 images is too small for this perplexity, and all images are not
    assert pictures(cfg) == {"tsne.png", "interpolation_gif.gif"}
    images: set[str] = set()
    for file in Path(cfg.run_dir).glob("events*"):
        images |= set(EventAccumulator(str(file)).Reload().Tags()["images"])
    assert images == {"tested/tsne", "tested/interpolation_gif"}


@pytest.mark.parametrize("option", ["tsne.dimensions=4", "tsne.perplexity=-1", "tsne.split=tets",
                                    "learning_curves.metric=accuracy"])  # fmt: skip
def test_a_wrong_option_of_a_slow_figure_shows_before_training(configure: Configure, option: str) -> None:
    cfg = configure(*ALONE, "figures=[tsne,learning_curves]", f"figures.{option}")
    with pytest.raises(UserError, match=rf"figures\.{option.split('.')[0]} cannot be drawn"):
        train(cfg)
    assert not list(Path(cfg.run_dir).rglob("*.ckpt"))


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_the_images_are_those_of_the_split(configure: Configure, monkeypatch: pytest.MonkeyPatch, split: str) -> None:
    seen: list[torch.Tensor] = []

    def reconstructions(x: torch.Tensor, *, n: int, codes: bool | None) -> Figure:
        seen.append(x)
        return Figure()

    monkeypatch.setattr("aevb.figures.reconstructions.reconstructions", reconstructions)
    cfg = configure(*ALONE, "figures=[reconstructions]", f"figures.reconstructions.split={split}")
    train(cfg)
    data = instantiate(cfg.data, _convert_="all").load()
    assert len(seen) == 2
    assert torch.equal(seen[0], data.splits[split][0][:10] / 255)


def test_a_figure_that_does_not_apply_before_training_is_drawn_once_it_does(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def reconstructions(x: torch.Tensor, *, n: int, codes: bool | None) -> Figure:
        calls.append(len(x))
        if len(calls) == 1:
            raise NotApplicable("all codes are equal so far")
        return Figure()

    monkeypatch.setattr("aevb.figures.reconstructions.reconstructions", reconstructions)
    cfg = configure(*ALONE, "figures=[reconstructions]", "figures.reconstructions.every_n_epochs=1")
    train(cfg)
    assert pictures(cfg) == {"reconstructions-epoch-001.png", "reconstructions-epoch-002.png", "reconstructions.png"}
