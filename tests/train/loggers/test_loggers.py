"""Loggers get curves, pictures, options and results, one or several at once."""

import csv
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lightning.pytorch.loggers import Logger
from omegaconf import DictConfig
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from aevb.errors import UserError
from aevb.train.run import train
from tests.train.test_train import SMALL, metrics_of

Configure = Callable[..., DictConfig]
SHORT = (*SMALL, "trainer.max_epochs=2")
CURVES = {"bound/elbo", "bound/kl", "bound/reconstruction", "loss/loss", "other/elbo_dataset"}


class Own(Logger):
    """A user's own, with the method by which it takes pictures."""

    made: list["Own"]

    def __init__(self) -> None:
        self.metrics: dict[str, float] = {}
        self.options: dict[str, Any] = {}
        self.pictures: list[str] = []
        Own.made = [self]

    name = version = "own"

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        self.metrics |= metrics

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        self.options |= params

    def log_image(self, key: str, images: list[Any], step: int | None = None) -> None:
        self.pictures.append(key)


def events(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder), {"images": 0, "scalars": 0}).Reload()


def curve(folder: Path, tag: str = "bound/elbo") -> list[tuple[int, float]]:
    return [(event.step, event.value) for event in events(folder).Scalars(tag)]


def test_training_and_validation_share_their_charts_and_results_stand_apart(configure: Configure) -> None:
    cfg = configure(*SHORT, "figures=[reconstructions]", "figures.reconstructions.every_n_epochs=1")
    train(cfg)
    folder, metrics = Path(cfg.run_dir), metrics_of(cfg)
    board = events(folder)
    assert set(board.Tags()["scalars"]) == CURVES == set(events(folder / "validation").Tags()["scalars"])
    assert [step for step, _ in curve(folder)] == [9, 19] == [step for step, _ in curve(folder / "validation")]
    assert [image.step for image in board.Images("pictures/reconstructions")] == [0, 1, 2]
    assert [image.step for image in board.Images("tested/reconstructions")] == [2]
    assert {"custom_scalars__config__", "run/text_summary"} <= set(board.Tags()["tensors"])
    assert curve(folder / "test", "test/elbo (max)") == [(20, pytest.approx(metrics["test"]["elbo"], rel=1e-6))]
    plugins = {data.plugin_data.plugin_name for data in events(folder / "test").summary_metadata.values()}
    assert "hparams" in plugins
    assert {"posterior/kl_by_dimension", "posterior/mean", "posterior/standard_deviation"} <= {
        *board.Tags()["histograms"], *board.Tags()["tensors"]
    }  # fmt: skip
    codes = (folder / "00000" / "codes" / "tensors.tsv").read_text().splitlines()
    assert len(codes) == 300
    assert {len(code.split("\t")) for code in codes} == {3}


@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_curve_of_a_resumed_run_is_one_line(configure: Configure, elsewhere: bool) -> None:
    cfg = configure(*SHORT, "figures=[]")
    train(cfg)
    more = configure(*SHORT, "figures=[]", "trainer.max_epochs=4", f"ckpt_path={cfg.run_dir}")
    if not elsewhere:
        more.run_dir = cfg.run_dir
    train(more)
    whole = configure(*SHORT, "figures=[]", "trainer.max_epochs=4")
    train(whole)
    for stage in (".", "validation"):
        resumed, expected = (dict(curve(Path(run.run_dir) / stage)) for run in (more, whole))
        assert resumed == pytest.approx(expected, rel=1e-6)
    assert len(events(Path(more.run_dir) / "test").Scalars("test/kl")) == 1


def test_each_seed_has_curves_of_its_own(configure: Configure) -> None:
    cfg = configure(*SHORT, "figures=[]", "seeds=2")
    train(cfg)
    first, second = (curve(Path(cfg.run_dir) / f"seed-{i}") for i in range(2))
    assert [step for step, _ in first] == [9, 19]
    assert first != second


def test_several_loggers_get_the_same(configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own = "+logger.own={_target_: tests.train.loggers.test_loggers.Own}"
    cfg = configure(*SHORT, "figures=[reconstructions]", "logger=[tensorboard,csv]", own)
    train(cfg)
    with (Path(cfg.run_dir) / "csv" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    written = [float(row["train/elbo"]) for row in rows if row["train/elbo"]]
    assert written == pytest.approx([value for _, value in curve(Path(cfg.run_dir))], rel=1e-6)
    (logger,) = Own.made
    assert logger.metrics["test/elbo"] == metrics_of(cfg)["test"]["elbo"]
    assert logger.options["latent_dim"] == 2
    assert logger.pictures == ["pictures/reconstructions", "tested/reconstructions"]


def test_without_a_logger_the_files_of_the_run_have_it_all(configure: Configure) -> None:
    cfg = configure(*SHORT, "figures=[]", "logger=none")
    train(cfg)
    assert not list(Path(cfg.run_dir).rglob("events*"))
    assert metrics_of(cfg)["epochs"] == 2


@pytest.mark.filterwarnings("ignore")  # of the libraries below it
def test_mlflow_has_curves_pictures_options_and_results(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outputs").mkdir()
    cfg = configure(*SHORT, "figures=[reconstructions]", "logger=mlflow")
    train(cfg)
    with sqlite3.connect(tmp_path / "outputs" / "mlflow.db") as base:
        latest = dict(base.execute("select key, value from latest_metrics"))
        options = dict(base.execute("select key, value from params"))
        (status,) = base.execute("select status from runs").fetchone()
    assert latest["test/elbo"] == pytest.approx(metrics_of(cfg)["test"]["elbo"])
    assert "train/elbo" in latest
    assert options["latent_dim"] == "2"
    assert status == "FINISHED"
    assert [file.name for file in tmp_path.glob("outputs/mlruns/**/reconstructions.png")] == ["reconstructions.png"]


@pytest.mark.filterwarnings("ignore")
def test_wandb_writes_offline(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("WANDB_MODE", "offline")
    cfg = configure(*SHORT, "figures=[reconstructions]", "logger=wandb", "logger.wandb.offline=true")
    train(cfg)
    assert wandb.run is None  # the next run of a sweep begins one of its own
    (folder,) = (Path(cfg.run_dir) / "wandb").glob("offline-run-*")
    content = next(folder.glob("*.wandb")).read_bytes()
    assert all(name in content for name in (b"train/elbo", b"test/elbo", b"latent_dim"))
    assert len(list(folder.rglob("*.png"))) == 2


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_a_package_that_is_missing_is_named(configure: Configure, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    class Missing:
        def __bool__(self) -> bool:
            return False

        def __str__(self) -> str:
            return f"Requirement '{name}' not met."

    monkeypatch.setattr(f"lightning.pytorch.loggers.{name}._{name.upper()}_AVAILABLE", Missing())
    with pytest.raises(UserError, match=rf"logger\.{name} needs a package .* pip install 'aevb\[{name}\]'"):
        train(configure(*SHORT, "figures=[]", f"logger={name}"))


def test_what_is_no_logger_is_refused(configure: Configure) -> None:
    with pytest.raises(UserError, match=r"logger\.mine: expected a logger of Lightning, got OrderedDict"):
        train(configure(*SHORT, "figures=[]", "+logger.mine={_target_: collections.OrderedDict}"))
