"""Sweeps whose jobs run beside each other, with the real plugins."""

import csv
import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep

import pytest
import yaml

from aevb.command_line.sweeps.stop import holders
from tests.conftest import CONF

pytest.importorskip("hydra_plugins.hydra_joblib_launcher", reason="needs aevb[sweeps]")
SMALL = (
    "data=digits",
    "data.limit=200",
    "trainer=cpu",
    "trainer.max_epochs=1",
    "figures=[]",
    "encoder.hidden_sizes=[8]",
)


KILLER = """
import os
import signal

from lightning.pytorch import Callback


class Killer(Callback):
    def on_train_start(self, trainer, pl_module):
        if type(pl_module.model.loss).__name__ == "SGVBB":
            os.kill(os.getpid(), signal.SIGKILL)
"""
LONG = ("trainer.max_epochs=150", "seed=1,2")


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a sweep as a user does, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "aevb.train", "-m", *SMALL, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(CONF.parent / "src"), str(folder)])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sweep(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A sweep from its start to its end."""
    process = start(folder, *arguments)
    stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def wait_for_epoch(epoch: int, *jobs: Path) -> None:
    """Until the jobs in these folders have come to the end of an epoch."""
    deadline = monotonic() + 120
    while not all(f"epoch {epoch}/" in _text(job / "output.txt") for job in jobs):
        assert monotonic() < deadline, [_text(job / "output.txt") for job in jobs]
        sleep(0.1)


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def results(folder: Path) -> dict[str, object]:
    """The test figures of each job of a sweep."""
    files = sorted(folder.glob("*/metrics.json"))
    return {file.parent.name: json.loads(file.read_text())["test"] for file in files}


@pytest.mark.slow
def test_a_search_survives_jobs_that_fail_or_diverge_and_goes_on(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    search = ("sweep=search", "hydra/sweeper=optuna", "latent_dim=choice(0,2,3)", "optimizer.lr=choice(0.001,1000.0)")
    first = sweep(tmp_path, *search, "hydra.sweeper.n_trials=6", "hydra.sweeper.sampler=random")
    assert "Traceback" not in first.stderr + first.stdout
    folder = tmp_path / "outputs" / "multirun" / "search"
    best = yaml.safe_load((folder / "optuna.yaml").read_text())
    assert json.loads((tmp_path / best["folder"] / "metrics.json").read_text())["objective"] == best["value"]
    assert best["options"]["optimizer.lr"] == "0.001"
    assert (first.returncode, "jobs failed" in first.stderr) == (1, True)
    again = sweep(tmp_path, *search, "hydra.sweeper.n_trials=7", "hydra.sweeper.sampler=random")
    assert sum("/7]" in line for line in again.stdout.splitlines()) == 1
    assert yaml.safe_load((folder / "optuna.yaml").read_text())["value"] <= best["value"]
    nothing = sweep(tmp_path, "hydra/sweeper=optuna", "latent_dim=2")
    assert "There is nothing to search" in nothing.stderr
    enough = sweep(tmp_path, *search, "hydra.sweeper.n_trials=9", "hydra.sweeper.max_failure_rate=0")
    assert "more than hydra.sweeper.max_failure_rate=0" in enough.stderr


def test_a_launcher_that_is_not_installed_names_its_extra(tmp_path: Path) -> None:
    if find_spec("hydra_plugins.hydra_ray_launcher"):
        pytest.skip("it is installed")
    refused = sweep(tmp_path, "latent_dim=2,3", "hydra/launcher=ray")
    assert refused.returncode == 1
    assert "pip install 'aevb[ray]'" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["joblib", "submitit_local", "ray"])
def test_jobs_beside_each_other_are_those_of_one_after_another(tmp_path: Path, launcher: str) -> None:
    pytest.importorskip(f"hydra_plugins.hydra_{launcher.partition('_')[0]}_launcher")
    alone = sweep(tmp_path, "sweep=alone", "latent_dim=2,3")
    assert alone.returncode == 0, alone.stderr
    beside = sweep(tmp_path, "sweep=beside", "latent_dim=2,0,3", f"hydra/launcher={launcher}")
    assert beside.returncode == 1
    assert "1 of 3 jobs failed" in beside.stderr
    assert "Traceback" not in beside.stderr + beside.stdout
    folders = {name: tmp_path / "outputs" / "multirun" / name for name in ("alone", "beside")}
    for job in ("latent_dim-2", "latent_dim-3"):
        scores = [json.loads((folder / job / "metrics.json").read_text())["test"] for folder in folders.values()]
        assert scores[0] == scores[1]
        assert "epoch 1/1" in (folders["beside"] / job / "output.txt").read_text()
    lines = [line for line in beside.stdout.splitlines() if line.startswith("[")]
    assert sorted(line.split()[0] for line in lines if "/3]" in line) == ["[1/3]", "[2/3]", "[3/3]"]
    assert "epoch 1/1" not in beside.stdout
    with (folders["beside"] / "comparison.csv").open(newline="") as file:
        states = {row["latent_dim"]: row["state"] for row in csv.DictReader(file)}
    assert states == {"2": "finished", "3": "finished", "0": "failed"}


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_the_sweep_s_process_alone_ends_its_jobs_which_go_on(
    tmp_path: Path, launcher: str, number: signal.Signals
) -> None:
    folder = tmp_path / "outputs" / "multirun" / "cut"
    options = ("sweep=cut", *LONG, f"hydra/launcher={launcher}")
    cut = start(tmp_path, *options)
    wait_for_epoch(5, folder / "seed-1", folder / "seed-2")
    jobs = holders(folder)
    assert len(jobs) == 2
    cut.send_signal(number)
    _, said = cut.communicate()
    if number == signal.SIGTERM:
        assert cut.returncode == 143
        assert said.count("Error:") == 1
        assert f"hydra/launcher={launcher} sweep=cut" in said
    again = sweep(tmp_path, *options)
    assert again.returncode == 0, again.stderr
    whole = sweep(tmp_path, "sweep=whole", *LONG)
    assert whole.returncode == 0, whole.stderr
    assert results(folder) == results(folder.parent / "whole")


@pytest.mark.slow
def test_a_job_whose_time_is_over_is_queued_again_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "outputs" / "multirun" / "queued"
    process = start(tmp_path, "sweep=queued", *LONG, "hydra/launcher=submitit_local")
    wait_for_epoch(5, folder / "seed-1", folder / "seed-2")
    for job in holders(folder):
        os.kill(job, signal.SIGUSR2)  # with which submitit, and Slurm for it, announce the end of a job's time
    _, said = process.communicate()
    assert process.returncode == 0, said
    output = _text(folder / "seed-1" / "output.txt")
    assert "Requeued job" in output
    whole = sweep(tmp_path, "sweep=whole", *LONG)
    assert whole.returncode == 0, whole.stderr
    assert results(folder) == results(folder.parent / "whole")


@pytest.mark.slow
def test_a_job_whose_process_is_killed_goes_on_and_so_do_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "outputs" / "multirun" / "killed"
    process = start(tmp_path, "sweep=killed", "trainer.max_epochs=150", "seed=1,2,3", "hydra/launcher=joblib")
    wait_for_epoch(5, folder / "seed-1", folder / "seed-2")
    os.kill(holders(folder)[0], signal.SIGKILL)
    output, said = process.communicate()
    assert process.returncode == 0, said
    assert "go on one at a time" in output
    whole = sweep(tmp_path, "sweep=whole", "trainer.max_epochs=150", "seed=1,2,3")
    assert whole.returncode == 0, whole.stderr
    assert results(folder) == results(folder.parent / "whole")


@pytest.mark.slow
def test_a_job_whose_process_is_killed_again_is_a_row_and_the_others_run(tmp_path: Path) -> None:
    (tmp_path / "killer.py").write_text(KILLER)
    killer = "callbacks.killer={_target_: killer.Killer}"
    with_killer = ("loss=sgvb_a,sgvb_b,iwae", f"+{killer}", "hydra/launcher=joblib", "sweep=killed")
    process = start(tmp_path, *with_killer)
    output, said = process.communicate()
    assert process.returncode == 1
    assert "1 of 3 jobs failed" in said
    assert "its process was killed" in said
    assert "Traceback" not in said + output
    assert len(results(tmp_path / "outputs" / "multirun" / "killed")) == 2
