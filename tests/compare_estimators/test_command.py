"""The command that compares estimators of gradients."""

import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from aevb.compare_estimators import main as compare
from aevb.compare_estimators.gradients import PARTS
from aevb.train import main as train
from tests.conftest import RunCommand

Run = Callable[..., tuple[int, str, str]]
QUICK = ("data=digits", "trainer=cpu", "trainer.max_epochs=1", "figures=[]", "encoder.hidden_sizes=[16]",
         "decoder.hidden_sizes=[16]")  # fmt: skip
SMALL = ("num_samples=[4,1]", "repetitions=20", "num_images=4", "reference_samples=100", "device=cpu")
ESTIMATORS = ("score_function", "sgvb_a", "sgvb_b", "stl", "iwae", "dreg")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, run_command: RunCommand, folder: Path) -> Run:
    """Run aevb.compare_estimators; trained runs are `vae`, `uniform` and `ae`. Returns exit code, output and errors."""
    monkeypatch.chdir(folder)

    moving = ["posterior=uniform", "loss=sgvb_a"]  # its support moves
    for where, options in (("vae", []), ("uniform", moving), ("ae", ["model=mlp_ae"])):
        if not (folder / "runs" / where).exists():
            assert run_command(train, "train", *QUICK, *options, f"hydra.run.dir=runs/{where}")[0] == 0
    return partial(run_command, compare, "compare_estimators")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_gets_a_table_a_figure_and_sentences(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    before = set(folder.rglob("*"))
    code, output, _ = run("run=runs/vae", *SMALL)
    assert code == 0
    new = {str(path.relative_to(folder / "runs/vae")) for path in set(folder.rglob("*")) - before}
    assert new == {"figures", "figures/gradient_noise.csv", "figures/gradient_noise.png"}
    rows = table(folder / "runs/vae/figures/gradient_noise.csv")
    found = [(row["estimator"], row["num_samples"], row["parameters"]) for row in rows]
    assert found == [(name, n, part) for name in ESTIMATORS for n in ("1", "4") for part in PARTS]
    for row in rows:
        assert float(row["variance"]) > 0
        assert float(row["variance_se"]) > 0
        assert float(row["variance_times_seconds"]) == pytest.approx(float(row["variance"]) * float(row["seconds"]))
        assert (row["squared_bias_log_p"] == "") == (row["parameters"] == "encoder")
    assert "SGVB-B's" in output
    assert "times less variance than the score function's at L = 1." in output
    assert "at K = 4" in output
    assert "standard errors" in output
    assert max(map(len, output.split("SGVB-B's")[0].splitlines())) <= 110
    assert "…" not in output


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(run: Run, tmp_path: Path) -> None:
    tables = []
    for i, options in enumerate((["seed=1"], ["seed=1"], ["seed=2"], ["seed=1", "fresh=true"])):
        options = [*options, f"out={tmp_path / str(i)}", "estimators=[sgvb_a,dreg]"]
        assert run("run=runs/vae", *SMALL, *options)[0] == 0
        rows = table(tmp_path / str(i) / "gradient_noise.csv")
        tables.append([[value for name, value in row.items() if "seconds" not in name] for row in rows])
    assert tables[0] == tables[1]
    assert tables[0] != tables[2]
    assert tables[0] != tables[3]


def test_estimators_that_do_not_apply_are_left_out(run: Run, tmp_path: Path) -> None:
    code, output, _ = run("run=runs/uniform", *SMALL, f"out={tmp_path}")
    assert code == 0
    for name in ("score_function", "stl", "dreg"):
        (line,) = (line for line in output.splitlines() if line.startswith(f"{name} is left out: "))
        assert "support" in line
    assert {row["estimator"] for row in table(tmp_path / "gradient_noise.csv")} >= {"sgvb_a", "iwae"}
    code, _, message = run("run=runs/uniform", *SMALL, f"out={tmp_path}", "estimators=stl")
    assert code == 1
    assert "no estimator is left" in message


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", ["say which run to measure"]),
        ("run=nowhere", ["There is no checkpoint nowhere"]),
        ("run=runs", ["run=runs stands for 3 runs", "choose one"]),
        ("run=[runs/vae,runs/ae]", ["the folder of one run"]),
        ("run=runs/ae", ["Autoencoder", "only a VAE"]),
        ("run=runs/vae estimators=[sgbv_a]", ["'sgbv_a'", "Did you mean sgvb_a?", "score_function"]),
        ("run=runs/vae estimators=[]", ["estimators=[]"]),
        ("run=runs/vae num_samples=[1,0]", ["num_samples[1]=0", "at least 1"]),
        ("run=runs/vae num_samples=3", ["num_samples=3", "a list such as [1,8,64]"]),
        ("run=runs/vae num_samples=[2,2]", ["num_samples=[2, 2]", "without repetition"]),
        ("run=runs/vae repetitions=19", ["repetitions=19", "at least 20"]),
        ("run=runs/vae num_images=0", ["num_images=0"]),
        ("run=runs/vae num_images=298", ["num_images=298", "297 images"]),
        ("run=runs/vae reference_samples=9", ["reference_samples=9"]),
        ("run=runs/vae split=tets", ["'tets'", "train, val, test"]),
        ("run=runs/vae seed=-1", ["seed=-1"]),
        ("run=runs/vae device=tpu", ["device=tpu", "auto, cpu, cuda"]),
        ("run=runs/vae fresh=maybe", ["fresh=maybe"]),
        ("run=runs/vae out=/dev/null/x", ["/dev/null/x", "out="]),
        ("run=runs/vae repetition=50", ["Did you mean repetitions?"]),
    ],
)
def test_a_mistake_gets_one_clear_message(run: Run, arguments: str, expected: list[str]) -> None:
    code, _, message = run(*arguments.split())
    assert code == 1
    assert "Traceback" not in message
    assert message.count("Error: ") == 1
    for words in expected:
        assert words in message
