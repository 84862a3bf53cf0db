"""Searches that prune: hopeless jobs end early, are no failures, and are not run again."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from aevb.command_line.sweeps.search import PRUNERS, SearchTrial, study_in
from aevb.compare.outcomes import outcomes
from aevb.train import LightningModel
from tests.train.conftest import Sweep

TrialState = pytest.importorskip("optuna.trial", reason="needs aevb[sweeps]").TrialState
FOLDER = Path("outputs/multirun/search")
HOPELESS, GOOD = "1e-06", "0.01"
SEARCH = (
    *("-m", "hydra/sweeper=optuna", "sweep=search", "data=digits", "data.limit=200", "trainer=cpu", "figures=[]"),
    *("trainer.max_epochs=3", "encoder.hidden_sizes=[8]", "hydra.sweeper.sampler=random", "hydra.sweeper.n_trials=2"),
    *("hydra.sweeper.pruner=halving", "hydra.sweeper.warmup_epochs=1"),
)
RATES = f"optimizer.lr=choice({HOPELESS},{GOOD})"  # which the sampler takes from the right


def states(lr: str) -> list[tuple[str, list[int]]]:
    """The state of each trial with a learning rate, and the epochs that it has reported."""
    trials: Sequence[Any] = study_in(FOLDER).trials
    return [(trial.state.name, [*trial.intermediate_values]) for trial in trials if trial.params["optimizer.lr"] == lr]


def rows() -> dict[str, dict[str, str]]:
    """The table of the sweep, by learning rate."""
    with (FOLDER / "comparison.csv").open(newline="") as file:
        return {row["optimizer.lr"]: row for row in csv.DictReader(file)}


@pytest.mark.slow
def test_a_hopeless_job_is_pruned_and_running_again_changes_nothing(sweep: Sweep) -> None:
    code, output, _ = sweep(*SEARCH, RATES)
    assert code == 0
    assert (states(GOOD), states(HOPELESS)) == ([("COMPLETE", [1, 2, 3])], [("PRUNED", [1])])
    assert f"[2/2] lr-{HOPELESS} pruned in" in output
    assert "after epoch 1 of 3, with val/elbo" in output
    assert "AEVB_TRIAL" not in output
    jobs = [json.loads(line) for line in (FOLDER / "jobs.jsonl").read_text().splitlines()[1:]]
    assert [job["outcome"] for job in jobs] == ["finished", "pruned"]
    assert yaml.safe_load((FOLDER / "optuna.yaml").read_text())["options"]["optimizer.lr"] == GOOD
    table, trials = rows(), study_in(FOLDER).trials
    found = {lr: (row["state"], row["best"]) for lr, row in table.items()}
    assert found == {HOPELESS: ("pruned", ""), GOOD: ("finished", "yes")}
    assert "trainer" not in table[HOPELESS]  # which tells no rows apart
    written = {path: path.stat().st_mtime_ns for path in FOLDER.rglob("*.ckpt")}
    assert sweep(*SEARCH, RATES)[0] == 0
    assert study_in(FOLDER).trials == trials
    assert rows() == table
    output = sweep(*SEARCH, RATES, "hydra.sweeper.n_trials=3")[1]  # proposes the same options again
    assert f"lr-{HOPELESS} was pruned before, after epoch 1 of 3" in output
    (line,) = (line for line in output.splitlines() if "/3] " in line)
    assert line.startswith("[3/3] ")
    assert " left" not in line
    assert "Written: " in output  # the table, although one job alone has run
    assert {state for state, _ in states(HOPELESS)} == {"PRUNED"}
    assert {path: path.stat().st_mtime_ns for path in FOLDER.rglob("*.ckpt")} == written


@pytest.mark.slow
def test_a_job_that_was_cut_short_goes_on_as_the_same_trial(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(model: LightningModel) -> None:
        if model.trainer.optimizers[0].param_groups[0]["lr"] < 1e-5 and model.current_epoch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LightningModel, "on_train_epoch_start", interrupt)
        assert sweep(*SEARCH, RATES, "hydra.sweeper.warmup_epochs=2")[0] == 130
    assert states(HOPELESS) == [("RUNNING", [1])]
    code, output, _ = sweep(*SEARCH, RATES, "hydra.sweeper.warmup_epochs=2")
    assert code == 0
    assert f"Goes on from {FOLDER}/lr-{HOPELESS}/checkpoints/last.ckpt" in output
    assert states(HOPELESS) == [("PRUNED", [1, 2])]


def test_jobs_that_diverge_are_failures_and_pruned_ones_are_none(sweep: Sweep) -> None:
    rates = f"optimizer.lr=choice({HOPELESS},{GOOD},1000.0)"
    limit = ("hydra.sweeper.n_trials=3", "hydra.sweeper.max_failure_rate=0.4", "hydra.sweeper.seed=1")
    code, _, message = sweep(*SEARCH, rates, *limit)
    assert (code, "1 of 3 jobs failed" in message, "the search ends here" in message) == (1, True, False)
    found = {lr: [state for state, _ in states(lr)] for lr in (GOOD, HOPELESS, "1000.0")}
    assert found == {GOOD: ["COMPLETE"], HOPELESS: ["PRUNED"], "1000.0": ["FAIL"]}


@pytest.mark.slow
def test_a_job_of_a_search_that_prunes_none_goes_on_to_its_end(sweep: Sweep) -> None:
    assert sweep(*SEARCH, RATES)[0] == 0
    output = sweep(*SEARCH, RATES, "hydra.sweeper.pruner=none", "hydra.sweeper.n_trials=3")[1]
    assert f"Goes on from {FOLDER}/lr-{HOPELESS}/checkpoints/last.ckpt" in output
    assert {run.state for run in outcomes([str(FOLDER)])} == {"finished"}


def test_the_command_line_comes_before_the_space_of_the_sweeper(sweep: Sweep) -> None:
    space = f"hydra.sweeper.params={{optimizer.lr:'choice({GOOD})',latent_dim:'choice(7)'}}"
    code, _, message = sweep(*SEARCH, space, "latent_dim=0", "hydra.sweeper.n_trials=1")
    assert (code, "latent_dim=0: expected" in message) == (1, True)


@pytest.mark.parametrize("pruner", ["none", "halving"])
def test_a_search_ends_at_figures_that_are_not_comparable_and_names_no_best(sweep: Sweep, pruner: str) -> None:
    options = ("trainer.max_epochs=2", "hydra.sweeper.n_trials=4", f"hydra.sweeper.pruner={pruner}")
    models = ("data.binarize=choice(none,static)", *options)
    code, output, message = sweep(*SEARCH, *models)
    assert (code, message.count("differ in data.binarize (none, static)")) == (1, 1)
    assert "The best of" not in output
    assert not (FOLDER / "optuna.yaml").exists()
    jobs = [json.loads(line) for line in (FOLDER / "jobs.jsonl").read_text().splitlines()[1:]]
    assert 2 <= len(jobs) <= 3
    assert jobs[0]["folder"] != jobs[-1]["folder"]
    again = sweep(*SEARCH, *models)
    assert (again[0], "[" in again[1], again[2]) == (1, False, message)


@pytest.mark.parametrize("pruner", [name for name in PRUNERS if name != "none"])
def test_every_pruner_ends_hopeless_trials_and_keeps_the_best(tmp_path: Path, pruner: str) -> None:
    study = study_in(tmp_path)
    pruned = []
    for loss in (1.0, 3.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 0.5, 9.0, 10.0, 11.0):
        asked = study.ask()
        trial = SearchTrial(str(tmp_path), asked._trial_id, pruner, 2)
        ended = [epoch for epoch in range(1, 9) if trial.is_hopeless({n: loss / n for n in range(1, epoch + 1)})]
        assert not ended or min(ended) >= 2
        if ended:
            pruned.append(loss)
            study.tell(asked, state=TrialState.PRUNED)
        else:
            study.tell(asked, loss / 8)
    assert {9.0, 10.0, 11.0} & {*pruned}
    assert not {1.0, 0.5} & {*pruned}


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("hydra.sweeper.pruner=best", "expected one of none, median, halving, hyperband"),
        ("hydra.sweeper.warmup_epochs=0", "expected a whole number of at least 1"),
        ("data.val_size=0", "set data.val_size above 0"),
        ("optimizer.weight_decay=tag(lgo,interval(1e-4,1e-2))", "there is no tag lgo"),
    ],
)
def test_what_cannot_prune_is_refused(sweep: Sweep, option: str, expected: str) -> None:
    code, output, message = sweep(*SEARCH, RATES, option)
    assert (code, message.count(expected)) == (1, 1)
    assert "failed" not in output + message  # no trial has begun
    assert not list(Path().rglob("*.ckpt"))
