"""The command that measures trained models."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from aevb.evaluate import main as evaluate_main
from aevb.train import main as train
from tests.conftest import RunCommand

Run = Callable[..., tuple[int, str, str]]
QUICK = ("data=digits", "trainer=cpu", "trainer.max_epochs=1", "figures=[]", "encoder.hidden_sizes=[16]",
         "data.binarize=threshold")  # fmt: skip
RUNS = {
    "plane": [],
    "space": ["latent_dim=3", "posterior=full_normal"],
    "grey": ["data.binarize=none"],
    "gauss": ["likelihood=gaussian"],
    "collapsed": ["loss.beta=10000", "optimizer.lr=0.01", "trainer.max_epochs=15"],
    "masked": ["noise=masking"],
    "autoencoder": ["model=mlp_ae"],
    "codes": ["model=vq_vae", "~encoder.hidden_sizes", "latent_dim=4", "codebook.num_codes=16"],
}
SMALL = (
    "num_images=40",
    "sections.quadrature.num_images=5",
    "sections.quadrature.tolerance=0.01",
    "sections.elbo.num_samples=5",
    "sections.importance.num_samples=[1,20]",
    "sections.annealed.num_images=4",
    "sections.annealed.num_chains=4",
    "sections.annealed.num_temperatures=10",
    "sections.annealed.num_leapfrog=3",
    "sections.annealed.num_simulated=3",
    "sections.gap.num_images=5",
    "sections.gap.num_steps=5",
    "sections.gap.num_samples=20",
    "sections.samples.num_samples=100",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluations")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, run_command: RunCommand, folder: Path) -> Run:
    """Evaluate with small options; trains the runs that are named when they are first needed."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "140")

    def evaluate(*arguments: str) -> tuple[int, str, str]:
        for where, options in RUNS.items():
            if any(where in argument for argument in arguments) and not Path(where).exists():
                own = [option for option in QUICK if f"~{option.split('=')[0]}" not in options]
                kept = [option for option in options if not option.startswith("~")]
                assert run_command(train, "train", *own, *kept, f"hydra.run.dir={where}")[0] == 0
        chosen = re.findall(r"\w+", next((value for value in arguments if value.startswith("sections=")), ""))
        small = [option for option in SMALL if "." not in option or not chosen or option.split(".")[1] in chosen]
        flags = [argument for argument in arguments if argument.startswith("-")]
        overrides = [argument for argument in arguments if argument not in flags]
        return run_command(evaluate_main, "evaluate", *flags, *small, *overrides)

    return evaluate


def results_of(where: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    evaluation = json.loads(Path(where, "evaluation.json").read_text())
    return evaluation, {row["name"]: row for row in evaluation["results"]}


@pytest.mark.slow
def test_a_vae_of_the_plane_is_measured_in_every_way(run: Run) -> None:
    code, output, _ = run("run=plane")
    assert code == 0
    evaluation, rows = results_of("plane")
    assert rows.keys() >= {
        "elbo", "reconstruction", "kl", "log_px_1", "log_px_20", "ess", "log_px_ais", "simulated_gap", "log_px_exact",
        "gap_exact", "gap", "approximation_gap", "amortisation_gap", "active_units", "mutual_information",
        "aggregate_kl", "kl_1", "kl_2", "squared_error", "mse", "linear_probe_accuracy", "knn_accuracy",
        "frechet_distance", "precision", "recall",
    }  # fmt: skip
    assert not evaluation["not_applicable"]
    for name, row in rows.items():
        assert name in output
        assert row["num_images"] in (40, 5, 4, 3)
        assert row["likelihood"] == "bernoulli"
        assert row["binarize"] == "threshold"
        assert row["split"] == "test"
        assert row["seed"] == 0
        assert len(row["checkpoint_sha256"]) == 64
    assert rows["log_px_20"]["num_samples"] == 20
    assert rows["elbo"]["value"] == pytest.approx(-rows["reconstruction"]["value"] - rows["kl"]["value"])
    assert rows["log_px_exact"]["value"] > rows["elbo_exact"]["value"]
    assert rows["kl"]["value"] == pytest.approx(rows["kl_1"]["value"] + rows["kl_2"]["value"])
    parts = rows["approximation_gap"]["value"] + rows["amortisation_gap"]["value"]
    assert rows["gap"]["value"] == pytest.approx(parts)
    assert "The gap's log p(x) is from quadrature" in output
    assert "noise" not in output
    for picture in ("importance_curve", "exact_posterior", "kl_by_dimension"):
        assert Path("plane/figures", f"{picture}.png").stat().st_size > 1000


def test_every_image_has_its_own_line(run: Run) -> None:
    assert run("run=plane", "sections=[elbo,importance]", "out=lines")[0] == 0
    _, rows = results_of("lines")
    with Path("lines/evaluation_images.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 40
    for name in ("elbo", "log_px_20"):
        mean = sum(float(line[name]) for line in lines) / 40
        assert mean == pytest.approx(rows[name]["value"])
    assert {line["label"] for line in lines} <= {str(i) for i in range(10)}


def test_a_seed_gives_the_same_numbers_whatever_else_is_measured(run: Run) -> None:
    for out, options in (
        ("a", ["sections=[elbo,importance]", "seed=3"]),
        ("b", ["sections=importance", "seed=3"]),
        ("c", ["sections=importance", "seed=4"]),
    ):
        assert run("run=space", f"out={out}", *options)[0] == 0
    a, b, c = (results_of(out)[1]["log_px_20"]["value"] for out in "abc")
    assert a == b != c


def test_chunks_do_not_change_what_is_estimated(run: Run) -> None:
    values = []
    for memory in ("1", "256"):
        assert (
            run("run=plane", "sections=importance", "sections.importance.num_samples=500", f"memory={memory}", "out=m")[
                0
            ]
            == 0
        )
        row = results_of("m")[1]["log_px_500"]
        values.append((row["value"], row["monte_carlo_error"]))
    (a, error_a), (b, error_b) = values
    assert abs(a - b) < 5 * (error_a**2 + error_b**2) ** 0.5


def test_more_dimensions_leave_out_quadrature_and_say_why(run: Run) -> None:
    code, output, _ = run("run=space", "sections=[quadrature,latents,gap]", "out=three")
    assert code == 0
    assert "quadrature is left out: integration is for 1 or 2 latent dimensions, and this model has 3" in output
    assert "does not split into dimensions" in output  # a full covariance
    assert "The gap's log p(x) is from importance sampling from the best posteriors" in output


@pytest.mark.parametrize("where", ["autoencoder", "codes"])
def test_other_models_are_measured_where_that_makes_sense(run: Run, where: str) -> None:
    code, output, _ = run(f"run={where}")
    assert code == 0
    evaluation, rows = results_of(where)
    assert rows.keys() >= {"loss", "reconstruction", "squared_error", "mse", "linear_probe_accuracy", "knn_accuracy"}
    assert {"importance", "annealed", "quadrature", "gap", "samples"} <= evaluation["not_applicable"].keys()
    assert "importance is left out: " in output
    assert "defines no p(x) of images" in output
    assert all(row["likelihood"] is None for row in rows.values())
    assert ("perplexity" in rows) == (where == "codes")


def test_a_collapsed_model_is_called_one(run: Run) -> None:
    code, output, _ = run("run=collapsed", "sections=[elbo,latents]")
    assert code == 0
    _, rows = results_of("collapsed")
    assert "Collapsed: the posterior ignores the image in all 2 dimensions." in output
    assert rows["active_units"]["value"] == 0
    assert rows["kl"]["value"] < 0.01
    assert abs(rows["mutual_information"]["value"]) < 0.01


def test_runs_measured_alike_are_ranked(run: Run) -> None:
    code, output, _ = run("run=[plane,space]", "sections=[elbo,importance]")
    assert code == 0
    assert "2 runs, ranked by log_px_20" in output
    assert "Not ranked" not in output
    better = max(("plane", "space"), key=lambda where: results_of(where)[1]["log_px_20"]["value"])
    table = output[output.index("ranked by") :]
    assert table.index(better) < table.index("space" if better == "plane" else "plane")


@pytest.mark.parametrize(
    ("runs", "difference"),
    [("[plane,grey]", "binarize"), ("[plane,gauss]", "likelihood"), ("[plane,autoencoder]", "likelihood")],
)
def test_runs_measured_differently_are_not(run: Run, runs: str, difference: str) -> None:
    code, output, _ = run(f"run={runs}", "sections=[elbo,reconstruction]")
    assert code == 0
    assert "Not ranked: the runs differ in " + difference in output
    assert "ranked by" not in output


def test_a_multirun_prints_one_table_and_refuses_different_splits(run: Run) -> None:
    code, output, _ = run("-m", "run=plane", "split=test,val", "sections=elbo", "hydra.sweep.dir=sweep")
    assert code == 0
    assert "Not ranked: the runs differ in split" in output
    code, output, _ = run("-m", "run=plane,space", "sections=elbo", "hydra.sweep.dir=sweep")
    assert code == 0
    assert "2 runs, ranked by elbo" in output


@pytest.mark.parametrize(
    ("weight", "value", "expected"),
    [
        ("decoder.pixels.bias", float("nan"), "weights that are not finite"),
        ("posterior.head.bias", 1e3, "elbo is"),
    ],
)
def test_a_diverged_model_is_called_one(run: Run, weight: str, value: float, expected: str) -> None:
    assert run("run=plane", "sections=reconstruction", "out=unused")[0] == 0
    checkpoint = torch.load("plane/checkpoints/best.ckpt", weights_only=True)
    checkpoint["state_dict"][weight] += value
    torch.save(checkpoint, "diverged.ckpt")
    code, _, message = run("run=diverged.ckpt", "sections=[elbo,importance]", "out=diverged")
    assert code == 1
    assert expected in message
    assert "diverged" in message
    assert "Traceback" not in message


def test_a_single_image_is_enough_for_what_needs_no_more(run: Run) -> None:
    code, output, _ = run("run=plane", "sections=[elbo,latents,samples]", "num_images=1", "out=single")
    assert code == 0
    assert "latents is left out: this section needs at least 2" in output
    assert "samples is left out" in output
    assert results_of("single")[1]["elbo"]["standard_error"] is None


def test_a_model_of_noisy_images_is_measured_on_clean_ones(run: Run) -> None:
    code, output, _ = run("run=masked", "sections=elbo")
    assert code == 0
    assert "trained to undo noise" in output


def test_the_hash_is_that_of_the_checkpoint(run: Run) -> None:
    hashes = []
    checkpoint = torch.load("plane/checkpoints/best.ckpt", weights_only=True)
    for bias in (0.0, 1.0):
        checkpoint["state_dict"]["decoder.pixels.bias"] += bias
        torch.save(checkpoint, "other.ckpt")
        assert run("run=other.ckpt", "sections=elbo", "out=hashed")[0] == 0
        hashes.append(results_of("hashed")[0]["protocol"]["checkpoint_sha256"])
    assert hashes[0] != hashes[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", ["say which run to evaluate"]),
        ("run=nowhere", ["There is no checkpoint nowhere"]),
        ("run=[plane,nowhere]", ["There is no checkpoint nowhere"]),
        ("run=plane sections=[elbos]", ["no section 'elbos'", "Did you mean elbo?"]),
        ("run=plane sections=[]", ["sections=[]"]),
        ("run=autoencoder sections=[quadrature]", ["none of the sections could be measured", "only a VAE"]),
        ("run=plane sections=[elbo] +sections.elbo.foo=1", ["no option 'sections.elbo.foo'", "elbo.num_samples"]),
        ("run=plane split=tets", ["split=tets", "train, val, test"]),
        ("run=plane sections.importance.num_samples=[0]", ["sections.importance.num_samples[0]=0"]),
        ("run=plane sections.importance.num_samples=[]", ["sections.importance.num_samples=[]"]),
        ("run=plane sections.importance.num_sampels=5", ["Did you mean sections.importance.num_samples?"]),
        ("run=plane sections.annealed.num_chains=0", ["sections.annealed.num_chains=0"]),
        ("run=plane sections.quadrature.tolerance=0", ["sections.quadrature.tolerance=0"]),
        ("run=plane num_images=298", ["num_images=298", "297 images"]),
        ("run=plane seed=-1", ["seed=-1"]),
        ("run=plane device=tpu", ["device=tpu"]),
        ("run=plane memory=0", ["memory=0"]),
        ("run=plane out=/dev/null/x", ["/dev/null/x", "out="]),
        ("run=[plane,space] out=x", ["out=x", "2 runs"]),
    ],
)
def test_a_mistake_gets_one_clear_message(run: Run, arguments: str, expected: list[str]) -> None:
    code, _, message = run(*arguments.split())
    assert code == 1
    assert "Traceback" not in message
    assert message.count("Error: ") == 1
    for words in expected:
        assert words in message
