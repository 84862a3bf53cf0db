"""run=latest: the run that was trained last, in every command that takes run=."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import aevb.compare
import aevb.compare_estimators
import aevb.draw
import aevb.evaluate
from aevb.command_line.latest import newest_run, runs_named
from aevb.errors import UserError
from aevb.runs import find_runs
from tests.conftest import RunCommand

COMMANDS = {
    "draw": aevb.draw.main,
    "evaluate": aevb.evaluate.main,
    "compare": aevb.compare.main,
    "compare_estimators": aevb.compare_estimators.main,
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def make_run(folder: str, trained: int) -> Path:
    """A folder as training leaves it behind at some time, in seconds."""
    last = Path("outputs", folder, "checkpoints", "last.ckpt")
    last.parent.mkdir(parents=True)
    last.touch()
    os.utime(last, (trained, trained))
    return last.parent.parent


def test_it_is_the_run_that_was_trained_last_whatever_was_done_to_others_since() -> None:
    for folder, trained in (("a/1", 10), ("multirun/s/latent_dim-2", 30), ("b/2", 20)):
        make_run(folder, trained)
    for name in ("checkpoints/best.ckpt", "evaluation.json", "metrics.json", "config.yaml"):
        Path("outputs/a/1", name).touch()
    assert newest_run() == Path("outputs/multirun/s/latent_dim-2")
    make_run("a/3", 40)
    assert newest_run() == Path("outputs/a/3")


def test_a_run_of_several_seeds_stands_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    whole = make_run("a/1", 10)
    (whole / "config.yaml").touch()
    seeds = [make_run(f"a/1/seed-{i}", 20 + i) for i in range(2)]
    named = runs_named("latest")
    assert named == str(whole)
    assert [run.folder for run in find_runs(named)] == seeds
    assert capsys.readouterr().out == "run=latest is outputs/a/1\n"


def test_a_sweep_over_the_seed_is_no_run_of_several_seeds() -> None:
    jobs = [make_run(f"multirun/s/seed-{i}", 20 + i) for i in range(2)]
    assert newest_run() == jobs[1]


def test_it_may_be_one_of_several() -> None:
    make_run("a/1", 10)
    assert runs_named(["outputs/b", "latest"]) == ["outputs/b", "outputs/a/1"]


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_a_file_or_folder_of_that_name_comes_first(make: Callable[[Path], Any]) -> None:
    make_run("a/1", 10)
    make(Path("latest"))
    assert runs_named("latest") == "latest"
    assert runs_named(["latest", "outputs"]) == ["latest", "outputs"]


def test_without_a_run_it_says_so() -> None:
    with pytest.raises(UserError, match="ckpt_path=latest: there is no run below outputs"):
        runs_named("latest", "ckpt_path")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_it(run_command: RunCommand, name: str) -> None:
    code, _, message = run_command(COMMANDS[name], name, "run=latest")
    assert code == 1
    assert "Error: run=latest: there is no run below outputs. Train one first, or name a folder." in message
    make_run("a/1", 10)
    code, output, message = run_command(COMMANDS[name], name, "run=latest")
    assert output.splitlines()[0] == "run=latest is outputs/a/1"
    assert (code, "Error: outputs/a/1" in message) == (1, True)  # its files are empty
