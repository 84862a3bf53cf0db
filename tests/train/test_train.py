"""Whole runs on scikit-learn's digits: their traces, and that they repeat."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from aevb.errors import UserError
from aevb.runs.checkpoint import load_checkpoint, load_model
from aevb.train.run import train

Configure = Callable[..., DictConfig]
SMALL = ("data=digits", "trainer=cpu", "encoder.hidden_sizes=[16]", "decoder.hidden_sizes=[16]")
PICTURES = ("latent_scatter", "reconstructions", "prior_samples", "decoded_grid", "learning_curves")
QUICK = (*SMALL, "figures=[]")


def weights(run: DictConfig | Path, name: str = "last.ckpt") -> dict[str, torch.Tensor]:
    folder = run if isinstance(run, Path) else Path(run.run_dir)
    state: dict[str, torch.Tensor] = load_checkpoint(folder / "checkpoints" / name)["state_dict"]
    return state


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def metrics_of(run: DictConfig) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads((Path(run.run_dir) / "metrics.json").read_text())
    return metrics


def png_size(file: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", file.read_bytes()[16:24])
    return width, height


@pytest.mark.parametrize("seeds", [1, 2])
def test_the_elbo_of_the_data_set_is_kept_and_not_printed(
    configure: Configure, capsys: pytest.CaptureFixture[str], seeds: int
) -> None:
    cfg = configure(*QUICK, "trainer.max_epochs=1", f"seeds={seeds}")
    train(cfg)
    assert "elbo_dataset" in metrics_of(cfg)["test"]
    assert "elbo_dataset" in (Path(cfg.run_dir) / "history.csv").read_text()
    printed = capsys.readouterr().out
    assert "reconstruction" in printed
    assert "elbo_dataset" not in printed


@pytest.mark.slow
def test_the_quick_experiment_does_not_collapse(configure: Configure) -> None:
    cfg = configure("experiment=quick", "trainer=cpu", "figures=[]")
    train(cfg)
    assert metrics_of(cfg)["test"]["kl"] > 2.5


def test_a_run_leaves_everything_behind(configure: Configure) -> None:
    cfg = configure(*SMALL, "trainer.max_epochs=2", "figures.latent_scatter.every_n_epochs=1", "data.binarize=static")
    result = train(cfg)
    folder = Path(cfg.run_dir)
    metrics = metrics_of(cfg)

    assert result == metrics["validation"]["loss"]
    for stage in ("test", "validation", "train"):
        terms = metrics[stage]
        assert set(terms) == {"loss", "elbo", "reconstruction", "kl", "elbo_dataset"} == set(metrics["units"])
        split = {"test": "test", "validation": "val", "train": "train"}[stage]
        assert terms["elbo_dataset"] == pytest.approx(terms["elbo"] * metrics["data"]["split_sizes"][split], rel=1e-5)
        assert terms["elbo"] == pytest.approx(-terms["loss"], abs=1e-3)
        assert terms["loss"] == pytest.approx(terms["reconstruction"] + terms["kl"], abs=1e-3)
    assert set(metrics["units"].values()) == {"nats per image", "nats per data set"}
    assert metrics["data"] == {
        "name": "digits",
        "binarize": "static",
        "range": [0.0, 1.0],
        "image_shape": [1, 8, 8],
        "split_sizes": {"train": 1200, "val": 300, "test": 297},
        "scored": {"test": 297, "validation": 300},
    }
    assert metrics["choices"]["data"] == "digits"
    assert (metrics["seed"], metrics["epochs"], metrics["latent_dim"]) == (0, 2, 2)
    assert {"torch", "lightning", "python"} <= metrics["versions"].keys()
    assert metrics["seconds"] > 0
    assert metrics["images_per_second"] > 0
    assert "git_revision" in metrics

    names = {file.name for file in (folder / "figures").iterdir()}
    final = {f"{picture}.png" for picture in PICTURES}
    before = {f"{picture}-epoch-000.png" for picture in PICTURES if picture != "learning_curves"}
    assert names == final | before | {"latent_scatter-epoch-001.png", "latent_scatter-epoch-002.png"}
    for name in names:
        width, height = png_size(folder / "figures" / name)
        assert 500 < width < 1300
        assert 200 < height < 900
    assert {"best.ckpt", "last.ckpt"} == {file.name for file in (folder / "checkpoints").iterdir()}
    assert "${" not in (folder / "config.yaml").read_text()

    tags: dict[str, set[str]] = {"images": set(), "scalars": set()}
    plugins: set[str] = set()
    for file in folder.glob("events*"):
        events = EventAccumulator(str(file)).Reload()
        for kind in tags:
            tags[kind] |= set(events.Tags()[kind])
        plugins |= {metadata.plugin_data.plugin_name for metadata in events.summary_metadata.values()}
    drawn = {f"pictures/{name}" for name in PICTURES if name != "learning_curves"}  # there are none before an epoch
    assert tags["images"] == drawn | {f"tested/{name}" for name in PICTURES}
    assert {name.partition("/")[2] for name in tags["scalars"]} == set(metrics["units"])


def test_the_tested_model_is_the_one_in_the_checkpoint(configure: Configure) -> None:
    cfg = configure(*QUICK, "trainer.max_epochs=2", "model=mlp_ae", "loss=mse")
    train(cfg)
    model = load_model(cfg.run_dir)
    from aevb.data import Digits

    test = Digits(train=False)
    x = (test.data / 255).unsqueeze(1)
    with torch.no_grad():
        error = (model.decode(model.encode(x)) - x).square().sum((1, 2, 3)).mean()
    assert metrics_of(cfg)["test"]["loss"] == pytest.approx(error.item(), rel=1e-5)
    assert set(metrics_of(cfg)["choices"]) == {"model", "encoder", "decoder", "loss", "noise", "penalty", "init",
                                                 "optimizer", "scheduler", "data"}  # fmt: skip
    assert set(metrics_of(cfg)["units"].values()) == {"summed squared error per image"}


def test_best_is_the_epoch_with_the_best_validation_elbo(configure: Configure) -> None:
    # A learning rate that grows too large: an early epoch is the best.
    cfg = configure(*QUICK, "trainer.max_epochs=4", "optimizer.lr=0.003", "scheduler=step", "scheduler.step_size=1",
                    "scheduler.gamma=12")  # fmt: skip
    train(cfg)
    assert load_checkpoint(cfg.run_dir)["epoch"] < 3
    assert not same(weights(cfg, "best.ckpt"), weights(cfg, "last.ckpt"))


def test_two_runs_with_one_seed_agree_to_the_last_bit(configure: Configure) -> None:
    options = (*QUICK, "trainer.max_epochs=2", "data.binarize=dynamic", "model=conv_vae", "decoder=mlp", "encoder=mlp")
    first, second, other = (configure(*options, f"seed={seed}") for seed in (5, 5, 6))
    losses = [train(cfg) for cfg in (first, second, other)]
    assert losses[0] == losses[1] != losses[2]
    assert metrics_of(first)["test"] == metrics_of(second)["test"]
    assert same(weights(first), weights(second))
    assert not same(weights(first), weights(other))


@pytest.mark.parametrize("options", [(), ("data.binarize=dynamic", "scheduler=step", "scheduler.step_size=1"),
                                     ("scheduler=plateau",), ("loss.warmup_epochs=3", "data.val_size=0")])  # fmt: skip
def test_a_resumed_run_equals_one_that_was_never_interrupted(configure: Configure, options: tuple[str, ...]) -> None:
    whole = configure(*QUICK, *options, "trainer.max_epochs=4")
    half = configure(*QUICK, *options, "trainer.max_epochs=2")
    loss = train(whole)
    train(half)
    rest = configure(*QUICK, *options, "trainer.max_epochs=4", f"ckpt_path={half.run_dir}")
    assert train(rest) == loss
    assert same(weights(whole), weights(rest))
    assert metrics_of(whole)["test"] == metrics_of(rest)["test"]


def test_a_resumed_run_remembers_the_best_epoch_before_it(configure: Configure) -> None:
    options = (*QUICK, "optimizer.lr=0.003", "scheduler=step", "scheduler.step_size=1", "scheduler.gamma=30")
    half = configure(*options, "trainer.max_epochs=2")
    train(half)
    rest = configure(*options, "trainer.max_epochs=3", f"ckpt_path={half.run_dir}/checkpoints/last.ckpt")
    train(rest)
    assert same(weights(half, "best.ckpt"), weights(rest, "best.ckpt"))
    assert not same(weights(rest, "best.ckpt"), weights(rest, "last.ckpt"))


def test_without_validation_the_last_checkpoint_is_tested(configure: Configure) -> None:
    cfg = configure(*QUICK, "trainer.max_epochs=2", "data.val_size=0")
    result = train(cfg)
    assert metrics_of(cfg)["validation"] == {}
    assert result == metrics_of(cfg)["train"]["loss"]
    assert load_checkpoint(cfg.run_dir)["epoch"] == 1
    assert [file.name for file in (Path(cfg.run_dir) / "checkpoints").iterdir()] == ["last.ckpt"]


def test_a_folder_used_before_never_gives_the_old_model(configure: Configure) -> None:
    first = configure(*QUICK, "trainer.max_epochs=1")
    train(first)
    for options in (("seed=1",), ("seed=2", "data.val_size=0")):
        alone = configure(*QUICK, "trainer.max_epochs=1", *options)
        again = configure(*QUICK, "trainer.max_epochs=1", *options)
        again.run_dir = first.run_dir
        train(alone)
        train(again)
        assert metrics_of(again)["test"] == metrics_of(alone)["test"]


def test_options_of_a_figure_that_is_not_asked_for_are_no_obstacle(configure: Configure) -> None:
    cfg = configure("experiment=mlp_ae", *SMALL, "figures=[]", "trainer.max_epochs=1")
    assert cfg.figures.decoded_grid == {"n": 15, "box": [-10, 10]}
    train(cfg)
    assert not (Path(cfg.run_dir) / "figures").exists()


def test_training_helps(configure: Configure) -> None:
    short, longer = configure(*QUICK, "trainer.max_epochs=1"), configure(*QUICK, "trainer.max_epochs=15")
    train(short)
    train(longer)
    assert metrics_of(longer)["objective"] < metrics_of(short)["objective"] - 2


def test_the_elbo_is_at_beta_one_whatever_is_minimised(configure: Configure) -> None:
    cfg = configure(*QUICK, "trainer.max_epochs=1", "loss.beta=0")
    train(cfg)
    test = metrics_of(cfg)["test"]
    assert test["loss"] == pytest.approx(test["reconstruction"], rel=1e-5)
    assert test["elbo"] == pytest.approx(-test["reconstruction"] - test["kl"], rel=1e-5)


def test_a_diverging_run_stops_and_keeps_the_last_good_checkpoint(configure: Configure) -> None:
    cfg = configure(*QUICK, "trainer.max_epochs=6", "optimizer=sgd", "optimizer.lr=1e-3", "scheduler=step",
                    "scheduler.step_size=2", "scheduler.gamma=1e9")  # fmt: skip
    with pytest.raises(UserError, match=r"At step \d+ \(epoch 3\) the (kl|reconstruction) became (nan|inf)"):
        train(cfg)
    kept = weights(cfg)
    assert all(value.isfinite().all() for value in kept.values())
    assert load_checkpoint(Path(cfg.run_dir) / "checkpoints" / "last.ckpt")["epoch"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("trainer.max_epochs=2",), "already been trained for 2 epochs"),
        (("trainer.max_epochs=3", "latent_dim=3"), "latent_dim was 2 and is now 3"),
        (("trainer.max_epochs=3", "seed=1"), "seed was 0 and is now 1"),
        (("trainer.max_epochs=3", "optimizer.lr=0.5"), r"optimizer\.lr was 0\.001 and is now 0\.5"),
    ],
)
def test_resuming_something_else_is_refused(configure: Configure, options: tuple[str, ...], message: str) -> None:
    done = configure(*QUICK, "trainer.max_epochs=2")
    train(done)
    with pytest.raises(UserError, match=message):
        train(configure(*QUICK, *options, f"ckpt_path={done.run_dir}"))


@pytest.mark.slow
def test_two_devices_train_as_one_does_with_twice_the_batch(configure: Configure) -> None:
    """Each CPU process takes half of every joint batch, and gradients are averaged: no image is lost or doubled."""
    options = (*QUICK, "model=mlp_ae", "trainer.max_epochs=3")
    one = configure(*options, "data.batch_size=128")
    train(one)
    two = configure(*options)
    devices = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "data.batch_size=64")
    command = [sys.executable, "-m", "aevb.train", *options, *devices, f"hydra.run.dir={two.run_dir}"]
    subprocess.run(command, check=True, timeout=300)
    assert metrics_of(two)["devices"] == 2
    for stage in ("train", "validation", "test"):
        assert metrics_of(two)[stage] == pytest.approx(metrics_of(one)[stage], rel=1e-4)


@pytest.mark.slow
def test_the_processes_of_a_sweep_on_two_devices_share_its_folders(tmp_path: Path) -> None:
    options = ("data=digits", "figures=[]", "trainer.max_epochs=1", "latent_dim=2,3", "hydra.sweep.dir=a=1 b")
    devices = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2")
    command = [sys.executable, "-m", "aevb.train", "-m", *options, *devices]
    environment = {**os.environ, "SLURM_NTASKS": "3", "LOCAL_RANK": "1"}  # which are another launcher's
    subprocess.run(command, check=True, timeout=300, cwd=tmp_path, env=environment)
    assert [path.name for path in tmp_path.iterdir()] == ["a=1 b"]
    for job in "01":
        (folder,) = (tmp_path / "a=1 b").glob(f"{job}_*")
        assert json.loads((folder / "metrics.json").read_text())["devices"] == 2
        assert [file.name for file in folder.glob("*.log")] == ["train.log"]
