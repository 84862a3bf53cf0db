"""A sweep that is given more values or seeds trains what is new alone, whatever its folders are called."""

import json
from pathlib import Path

import pytest

from aevb.train import LightningModel
from tests.train.conftest import Sweep
from tests.train.test_sweeps import SMALL, metrics, table

ONE = (*SMALL, "trainer.max_epochs=1", "sweep=a")
FOLDER = Path("outputs/multirun/a")


def ended() -> list[tuple[str, str]]:
    """The folder of each job since the last start, and what has become of it."""
    lines = [json.loads(line) for line in (FOLDER / "jobs.jsonl").read_text().splitlines()]
    begun = max(i for i, line in enumerate(lines) if "began" in line)
    return [(line["folder"], line["outcome"]) for line in lines[begun + 1 :]]


def test_more_values_and_seeds_leave_what_is_finished(sweep: Sweep) -> None:
    assert sweep("-m", *ONE, "latent_dim=choice(2)")[0] == 0
    assert sweep("-m", *ONE, "seed=0,1", "latent_dim=2")[0] == 0
    assert ended() == [("latent_dim-2", "finished before"), ("seed-1", "finished")]
    assert {*metrics("a")} == {"latent_dim-2", "seed-1"}
    (row,) = table("a")
    assert (row["seeds"], row["runs"]) == ("2", "latent_dim-2 seed-1")
    code, _, message = sweep("-m", *ONE, "seed=0", "latent_dim=2", "optimizer.lr=0.002,0.001")
    assert (code, message) == (0, "")
    assert [outcome for _, outcome in ended()] == ["finished", "finished before"]


def test_what_was_cut_short_under_another_name_goes_on_there(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    longer = (*ONE, "trainer.max_epochs=2")

    def interrupt(model: LightningModel) -> None:
        if model.current_epoch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LightningModel, "on_train_epoch_start", interrupt)
        assert sweep("-m", *longer, "latent_dim=choice(2)")[0] == 130
    code, output, _ = sweep("-m", *longer, "seed=0,1", "latent_dim=2")
    assert code == 0
    assert f"Goes on from {FOLDER}/latent_dim-2/checkpoints/last.ckpt" in output
    assert ended() == [("latent_dim-2", "finished"), ("seed-1", "finished")]
    assert {*metrics("a")} == {"latent_dim-2", "seed-1"}


def test_a_search_names_the_folder_that_has_the_run(sweep: Sweep) -> None:
    pytest.importorskip("optuna", reason="needs aevb[sweeps]")
    assert sweep("-m", *ONE, "latent_dim=choice(2)")[0] == 0
    search = ("hydra/sweeper=optuna", "hydra.sweeper.n_trials=1", "latent_dim=2", "seed=choice(0)")
    code, output, _ = sweep("-m", *ONE, *search)
    assert (code, ended()) == (0, [("latent_dim-2", "finished before")])
    assert f"{FOLDER}/latent_dim-2" in output.strip().splitlines()[-1]
