"""Sweeps: what is finished is not trained again, what was cut short goes on, what fails is named."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from aevb.lock import locked
from aevb.train import LightningModel
from tests.train.conftest import Sweep

SMALL = (
    "data=digits",
    "data.limit=200",
    "trainer=cpu",
    "trainer.max_epochs=2",
    "figures=[]",
    "encoder.hidden_sizes=[8]",
)


def metrics(folder: str) -> dict[str, dict[str, Any]]:
    """metrics.json of every job of a sweep, by its folder, without what differs from one time to another."""
    found = {
        path.parent.name: json.loads(path.read_text()) for path in Path(f"outputs/multirun/{folder}").glob("*/m*.json")
    }
    changing = ("seconds", "images_per_second", "checkpoint", "overrides")
    return {job: {name: v for name, v in whole.items() if name not in changing} for job, whole in found.items()}


def table(folder: str) -> list[dict[str, str]]:
    with open(f"outputs/multirun/{folder}/comparison.csv", newline="") as file:
        return [{name: v for name, v in row.items() if name != "seconds"} for row in csv.DictReader(file)]


def test_a_sweep_that_is_run_again_trains_what_is_missing_alone(sweep: Sweep) -> None:
    assert sweep("-m", *SMALL, "sweep=a", "latent_dim=2,3")[0] == 0
    weights = {path: path.stat().st_mtime_ns for path in Path("outputs/multirun/a").rglob("*.ckpt")}
    assert len(weights) == 4
    code, output, _ = sweep("-m", *SMALL, "sweep=a", "latent_dim=3,4,2")
    assert code == 0
    assert output.count("finished before") == 2 + 2  # in the log, and in the line about the job
    assert "[2/3] latent_dim-4 finished with" in output
    assert {path: path.stat().st_mtime_ns for path in weights} == weights
    assert {row["latent_dim"] for row in table("a")} == {"2", "3", "4"}
    assert [row["best"] for row in table("a")] == ["yes", "", ""]


@pytest.mark.slow
def test_a_sweep_that_was_cut_short_ends_as_if_it_had_not_been(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("-m", *SMALL, "trainer.max_epochs=3", "latent_dim=2,3", "loss=sgvb_a,sgvb_b")
    assert sweep(*arguments, "sweep=whole")[0] == 0

    def interrupt(model: LightningModel) -> None:
        if model.model.latent_dim == 3 and model.current_epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LightningModel, "on_train_epoch_start", interrupt)
        code, _, message = sweep(*arguments, "sweep=cut")
    assert code == 130
    assert "sweep=" in message.strip().splitlines()[-1]
    assert len(metrics("cut")) == 2
    code, output, _ = sweep(*arguments, "sweep=cut")
    assert code == 0
    assert "Goes on from outputs/multirun/cut/latent_dim-3_loss-sgvb_a/checkpoints/last.ckpt" in output
    assert metrics("cut") == metrics("whole")
    assert table("cut") == table("whole")


def test_a_folder_with_a_run_of_other_options_is_refused(sweep: Sweep) -> None:
    assert sweep("-m", *SMALL, "sweep=a", "latent_dim=2,3")[0] == 0
    before = metrics("a")
    code, _, message = sweep("-m", *SMALL, "sweep=a", "latent_dim=2,3", "optimizer.lr=0.01")
    assert code == 1
    assert "other options: optimizer.lr was 0.001 and is now 0.01" in message
    assert metrics("a") == before


def test_a_job_that_fails_is_a_row_and_the_others_run(sweep: Sweep) -> None:
    code, output, message = sweep("-m", *SMALL, "sweep=a", "latent_dim=2,0,3")
    assert code == 1
    assert "1 of 3 jobs failed" in message
    assert "[2/3] latent_dim-0 failed" in output
    assert {row["latent_dim"]: row["state"] for row in table("a")} == {"2": "finished", "3": "finished", "0": "failed"}
    assert "latent_dim=0: expected" in next(row["reason"] for row in table("a") if row["state"] == "failed")


def test_two_sweeps_of_one_name_do_not_run_at_once(sweep: Sweep) -> None:
    with locked(Path("outputs/multirun/a"), "is running a sweep there."):
        code, _, message = sweep("-m", *SMALL, "sweep=a", "latent_dim=2,3")
    assert code == 1
    assert "outputs/multirun/a is in use" in message
    assert metrics("a") == {}


@pytest.mark.parametrize("name", ["a/b", "../evil", "", "'a b'", "'a,b'", "-a", "true", "a,b", "é"])
def test_a_name_that_is_none_is_refused_once_and_before_anything_is_written(sweep: Sweep, name: str) -> None:
    code, _, message = sweep("-m", *SMALL, f"sweep={name}", "latent_dim=2,3")
    assert (code, message.count("sweep=")) == (1, 1)
    assert not list(Path().iterdir())


@pytest.mark.parametrize("again", ["latent_dim=4", "+latent_dim=4,5", "~latent_dim"])
def test_an_option_that_is_swept_is_given_once(sweep: Sweep, again: str) -> None:
    code, _, message = sweep("-m", *SMALL, "latent_dim=2,3", again)
    assert (code, f"latent_dim=2,3 and {again} are both given" in message) == (1, True)
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (("hydra/sweeper=optuna", "hydra.sweeper.direction=maximize"), "hydra.sweeper.n_trials"),
        (("hydra.sweeper.n_jobs=2",), "hydra.sweeper.params"),
        (("hydra.launcher.foo=1",), "hydra/launcher=basic"),
        (("hydra.swep.dir=a",), "Did you mean hydra.sweep?"),
    ],
)
def test_an_unknown_option_of_hydra_is_named_with_those_that_there_are(
    sweep: Sweep, arguments: tuple[str, ...], known: str
) -> None:
    code, _, message = sweep("-m", *SMALL, "latent_dim=2,3", *arguments)
    name = arguments[-1].partition("=")[0].removesuffix(".dir")
    assert (code, f"there is no option '{name}'" in message, known in message) == (1, True, True)
    assert "latent_dim" not in message


def test_a_name_is_for_sweeps(sweep: Sweep) -> None:
    code, _, message = sweep(*SMALL, "sweep=a")
    assert code == 1
    assert "sweep=a has no effect: it is for a sweep, with -m" in message


def test_the_seeds_of_a_combination_are_one_row(sweep: Sweep) -> None:
    assert sweep("-m", *SMALL, "sweep=a", "latent_dim=2,3", "seed=0,1")[0] == 0
    rows = table("a")
    assert [row["seeds"] for row in rows] == ["2", "2"]
    found = metrics("a")
    for row in rows:
        elbo = [found[f"latent_dim-{row['latent_dim']}_seed-{seed}"]["test"]["elbo"] for seed in (0, 1)]
        assert float(row["test/elbo"]) == pytest.approx(sum(elbo) / 2)
        assert float(row["test/elbo sd"]) == pytest.approx(abs(elbo[0] - elbo[1]) / 2**0.5)


def test_training_goes_on_from_the_newest_run(sweep: Sweep) -> None:
    sweep(*SMALL, "trainer.max_epochs=1", "hydra.run.dir=outputs/a/1")
    code, _, message = sweep("-m", *SMALL, "ckpt_path=latest", "latent_dim=2,3")
    assert (code, message.count("each job of a sweep would go on from the one before it")) == (1, 2)
    code, output, _ = sweep(*SMALL, "ckpt_path=latest")
    assert (code, "ckpt_path=latest is outputs/a/1" in output, "epoch 1/2" in output) == (0, True, False)
