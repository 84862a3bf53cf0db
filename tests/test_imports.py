"""The slow imports happen only where they are needed: a start is mostly imports."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CONF

COMMANDS = ("train", "draw", "evaluate", "compare", "compare_estimators")
TRAIN = ["-m", "aevb.train", "data=digits", "trainer=cpu", "trainer.max_epochs=1", "figures=[]", "hydra.run.dir=run"]
EVALUATE = ["sections=[elbo]", "num_images=20"]
ESTIMATE = ["num_images=2", "repetitions=20", "num_samples=[1]", "estimators=[sgvb_a]"]


def imported(folder: Path, *arguments: str) -> set[str]:
    """The packages that Python has imported by the end of a command; -X importtime lists them."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(CONF.parent / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert done.returncode == 0, done.stderr.splitlines()[len(lines) :]
    return {line.rsplit("|", 1)[1].strip().partition(".")[0] for line in lines}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a trained model, made as on the command line."""
    folder = tmp_path_factory.mktemp("imports")
    assert {"torch", "lightning"} <= imported(folder, *TRAIN)
    return folder / "run"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_no_torch(tmp_path: Path, command: str) -> None:
    assert {"torch", "lightning", "matplotlib"}.isdisjoint(imported(tmp_path, "-m", f"aevb.{command}", "--help"))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_configuration_is_shown_without_torch(tmp_path: Path, command: str) -> None:
    arguments = ["-m", f"aevb.{command}", "--cfg", "job", *([] if command == "train" else ["run=."])]
    assert {"torch", "lightning", "matplotlib"}.isdisjoint(imported(tmp_path, *arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "from aevb.runs import load_data, load_model; load_model('run'); load_data('run')"],
        ["-m", "aevb.draw", "run=run", "max_images=50"],
        pytest.param(["-m", "aevb.evaluate", "run=run", *EVALUATE], marks=pytest.mark.slow),
        pytest.param(["-m", "aevb.compare_estimators", "run=run", *ESTIMATE], marks=pytest.mark.slow),
        ["-c", "import aevb.losses, aevb.models, aevb.metrics.importance"],
    ],
    ids=["load", "draw", "evaluate", "compare_estimators", "parts"],
)
def test_a_model_is_used_without_lightning(run: Path, arguments: list[str]) -> None:
    found = imported(run.parent, *arguments)
    assert "torch" in found
    assert {"lightning", "pytorch_lightning", "lightning_fabric"}.isdisjoint(found)


def test_a_reader_who_has_enough_of_help_sees_no_traceback(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m aevb.train --help | head -n 1"
    environment = {"PYTHONPATH": str(CONF.parent / "src"), "PATH": "/bin:/usr/bin"}
    done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert done.stdout
    assert not done.stderr
