"""The command that draws a trained model."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch

from aevb.draw import main as draw
from aevb.errors import UserError
from aevb.runs import load_checkpoint, load_data
from aevb.runs.safe_config import check_targets
from aevb.train import main as train
from tests.conftest import RunCommand, choices

Run = Callable[..., tuple[int, str, str]]
QUICK = ("data=digits", "trainer=cpu", "trainer.max_epochs=1", "figures=[]", "encoder.hidden_sizes=[16]")
SKIPPED = {
    "denoising": "without noise",
    "markov_chain": "without noise",
    "codebook_usage": "no codebook",
    "dictionary": "is no dictionary",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, run_command: RunCommand, folder: Path) -> Run:
    """Run aevb.draw, on trained runs `here` and `there`; returns its exit code, its output and its errors."""
    monkeypatch.chdir(folder)

    for where, options in (("here", []), ("there", ["latent_dim=3", "noise=masking"])):
        if not (folder / "runs" / where).exists():
            assert run_command(train, "train", *QUICK, *options, f"hydra.run.dir=runs/{where}")[0] == 0
    return partial(run_command, draw, "draw")


def test_every_figure_that_applies_is_drawn(run: Run, folder: Path, tmp_path: Path) -> None:
    before = set(folder.rglob("*"))
    names = sorted({*choices("figures")} - {"default", "quick"})
    quick = (
        "figures.tsne.max_points=60",
        "figures.inpainting.num_transitions=4",
        "figures.interpolation_gif.n=5",
        "figures.latent_traversal_gif.n=5",
    )
    options = ("z=[[0.5,0.5],[0,0]]", "figures.interpolation.labels=[3,7]", *quick)
    code, output, _ = run("run=runs/here", f"figures=[{','.join(names)}]", f"out={tmp_path / 'out'}", *options)
    assert code == 0
    drawn = {file.stem: file for file in (tmp_path / "out").iterdir()}
    assert drawn.keys() == set(names) - SKIPPED.keys()
    for file in drawn.values():
        assert str(file) in output
        assert file.stat().st_size > 1000
    for name, reason in SKIPPED.items():
        assert any(line.startswith(f"{name} is not drawn") and reason in line for line in output.splitlines())
    assert set(folder.rglob("*")) == before  # and nothing else is left behind


def test_a_job_of_a_sweep_does_not_draw_over_another(run: Run, tmp_path: Path) -> None:
    options = ("run=runs/here", "figures=[prior_samples]")
    code, _, message = run("-m", *options, "seed=0,1", f"out={tmp_path}")
    assert code == 1
    assert "prior_samples, which would be lost: name another folder for each job with out=" in message
    assert run("-m", "run=runs/here", "figures=prior_samples,reconstructions", f"out={tmp_path}")[0] == 0


def test_the_quick_figures_of_a_run_are_drawn_into_its_folder(run: Run, folder: Path) -> None:
    code, output, _ = run("run=runs/there/checkpoints/best.ckpt")
    assert code == 0
    assert (folder / "runs/there/figures/denoising.png").exists()
    assert (folder / "runs/there/figures/learning_curves.png").exists()
    assert "decoded_points is not drawn: no points" in output
    assert "tsne" not in output


def test_a_seed_gives_the_same_picture_again(run: Run, tmp_path: Path) -> None:
    pictures = []
    for i, options in enumerate(
        (
            ["figures=prior_samples", "seed=1"],
            ["figures=[tsne,prior_samples]", "figures.tsne.max_points=50", "seed=1"],
            ["figures=[prior_samples]", "seed=2"],
        )
    ):
        out = tmp_path / str(i)
        assert run("run=runs/here", f"out={out}", *options)[0] == 0
        pictures.append((out / "prior_samples.png").read_bytes())
    assert pictures[0] == pictures[1] != pictures[2]


def test_several_runs_have_learning_curves_only(run: Run, tmp_path: Path) -> None:
    for i, runs in enumerate(("runs", "[runs/here,runs/there]")):
        code, output, _ = run(f"run={runs}", f"out={tmp_path / str(i)}")
        assert code == 0
        assert [file.name for file in (tmp_path / str(i)).iterdir()] == ["learning_curves.png"]
        assert "latent_scatter is not drawn: it shows one run, and run= stands for 2" in output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", ["say which run to draw", "run=outputs/"]),
        ("run=nowhere", ["There is no checkpoint nowhere"]),
        ("run=[]", ["run=[]", "expected the folder of a run"]),
        ("rnu=x", ["'rnu'", "Did you mean run?"]),
        ("run=runs/here figures=[lattent]", ["no figure 'lattent'", "Did you mean latent_scatter?", "decoded_grid"]),
        ("run=runs/here figures.decoded_grid.box=[3]", ["figures.decoded_grid", "[low, high]"]),
        ("run=runs/here figures.decoded_grid.bxo=[3]", ["Did you mean figures.decoded_grid.box?"]),
        (
            "run=runs/here figures=[tsne] figures.tsne.split=val",
            ["figures.tsne.split=val", "this option is for training"],
        ),
        ("run=runs/here figures.latent_scatter.max_images=9", ["this option is for training", "max_images="]),
        ("run=runs/here data=digits", ["'data'", "max_images"]),
        ("run=runs/here z=[[1]]", ["latent_scatter", "2 latent dimensions"]),
        ("run=runs/here figures=[decoded_points] z=[[1]]", ["decoded_points", "2 latent dimensions"]),
        ("run=runs/here split=tets", ["'tets'", "train, val, test"]),
        ("run=runs/here max_images=0", ["max_images=0", "at least 1"]),
        ("run=runs/here seed=-1", ["seed=-1"]),
        ("run=runs/here figures=[denoising]", ["no figure could be drawn"]),
        ("run=runs/here figures=reconstructions out=/dev/null/x", ["/dev/null/x", "out="]),
    ],
)
def test_a_mistake_gets_one_clear_message(run: Run, arguments: str, expected: list[str]) -> None:
    code, _, message = run(*arguments.split())
    assert code == 1
    assert "Traceback" not in message
    assert message.count("Error: ") == 1
    for words in expected:
        assert words in message


@pytest.mark.parametrize("content", [b"epoch,loss\n0,abc\n", b"epoch\n0,1,2\n", b"epoch\n\xff\n"])
def test_a_history_that_was_changed_gets_one_message(run: Run, folder: Path, content: bytes) -> None:
    file = folder / "runs/here/history.csv"
    before = file.read_bytes()
    file.write_bytes(content)
    code, _, message = run("run=runs/here", "figures=[learning_curves]")
    file.write_bytes(before)
    assert code == 1
    assert "runs/here/history.csv is not a table of numbers" in message


@pytest.mark.parametrize("target", ["os.system", "aevb.models.VAE", "torch.nn.Linear", "torchvision.io.read_file"])
def test_a_checkpoint_cannot_ask_for_anything_but_data(run: Run, folder: Path, tmp_path: Path, target: str) -> None:
    path = folder / "runs/here/checkpoints/best.ckpt"
    assert load_data(path).sizes["test"] == 297
    checkpoint = load_checkpoint(path)
    checkpoint["config"]["data"]["dataset"]["_target_"] = target
    torch.save(checkpoint, tmp_path / "bad.ckpt")
    with pytest.raises(UserError, match="do not load this file"):
        load_data(tmp_path / "bad.ckpt")
    with pytest.raises(UserError, match="do not load this file"):
        check_targets({"_target_": "torchvision.datasets.MNIST"})
