"""The fuzzer itself: a few of its cases, and an oracle that notices what is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.conftest import CONF
from tests.fuzz.cases import Case, cases
from tests.fuzz.forked import Ended
from tests.fuzz.oracle import faults

A_CASE = Case("train", [], ["++latent_dim=-1"])


@pytest.mark.slow
def test_a_few_cases_end_well(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.fuzz", "--seed", "0", "--cases", "2"]
    done = subprocess.run(command, cwd=CONF.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 cases" in done.stdout


@pytest.mark.slow
def test_a_seed_gives_the_same_cases_again_and_another_seed_others() -> None:
    assert of_seed(1) == of_seed(1)
    assert of_seed(1) != of_seed(2)


def of_seed(number: int) -> list[str]:
    seen: list[str] = []

    @seed(number)
    @settings(max_examples=20, database=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
    @given(cases({"mlp_vae": "a"}))
    def look(tried: Case) -> None:
        seen.append(" ".join([tried.command, *tried.arguments]))

    look()
    return seen


def test_the_oracle_takes_a_clear_message(tmp_path: Path) -> None:
    assert faults(A_CASE, Ended(1, "", "Error: latent_dim=-1: expected a whole number\n", 1), tmp_path) == []


def test_the_oracle_notices_what_is_wrong(tmp_path: Path) -> None:
    wrong = {
        "a traceback": Ended(1, "", "Traceback (most recent call last)\nError: latent_dim", 1),
        "ended by signal 11": Ended(-11, "", "", 1),
        "names no option": Ended(1, "", "Error: something is wrong", 1),
        "without a message": Ended(1, "", "", 1),
        "characters": Ended(1, "", "Error: latent_dim" + "x" * 2000, 1),
        "Python's words": Ended(1, "", "Error: latent_dim: object is not callable", 1),
        "without metrics.json": Ended(0, "", "", 1),
    }
    for words, ended in wrong.items():
        assert any(words in fault for fault in faults(A_CASE, ended, tmp_path)), words


def test_the_oracle_reads_the_numbers_and_the_files(tmp_path: Path) -> None:
    terms = {"elbo": -3.0, "reconstruction": 2.0, "kl": 1.0}
    good = {"test": terms, "validation": terms, "train": {}, "epochs": 1}
    for metrics, wrong in (
        (good, 0),
        ({**good, "test": {**terms, "kl": 9.0}}, 1),
        ({**good, "test": {"loss": float("nan")}}, 1),
        ({**good, "test": {}}, 1),
        ({**good, "epochs": 0}, 1),
    ):
        (tmp_path / "metrics.json").write_text(json.dumps(metrics))
        assert len(faults(A_CASE, Ended(0, "", "", 1), tmp_path)) == wrong
    (tmp_path / "metrics.json").write_text(json.dumps(good))
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    (tmp_path / "b.ckpt").write_bytes(b"PK")
    assert len(faults(A_CASE, Ended(0, "", "", 1), tmp_path)) == 2
