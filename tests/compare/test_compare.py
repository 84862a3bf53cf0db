"""The comparison of runs by what they have written."""

import csv
import json
from pathlib import Path
from statistics import stdev
from typing import Any

import pytest
import yaml

from aevb.compare import main
from aevb.compare.columns import differing
from aevb.compare.outcomes import outcomes
from aevb.compare.rows import rows
from aevb.compare.run import compare
from aevb.errors import UserError
from tests.conftest import RunCommand

DATA = {
    "name": "digits",
    "binarize": "none",
    "range": [0, 1],
    "image_shape": [1, 8, 8],
    "split_sizes": {"train": 9, "val": 3, "test": 3},
    "scored": {"test": 3, "validation": 3},
}
UNITS = {"loss": "nats per image", "elbo": "nats per image", "elbo_dataset": "nats per data set"}


def write_run(folder: Path, *overrides: str, elbo: float = -10.0, **changed: Any) -> Path:
    """The files of a run with these overrides; `latent_dim` decides a size of a layer, too."""
    given = {name: yaml.safe_load(value) for name, _, value in (text.partition("=") for text in overrides)}
    latent_dim = given.get("latent_dim", 2)
    choices = {"model": "mlp_vae", "loss": "sgvb_b", "likelihood": "bernoulli"}
    choices = {group: given.get(group, choice) for group, choice in choices.items()}
    config = {
        "latent_dim": latent_dim,
        "seed": given.get("seed", 0),
        "data": {"seed": given.get("seed", 0)},
        "decoder": {"_target_": "D", "latent_dim": latent_dim, "in_features": 2 * latent_dim},
        "loss": {"_target_": choices["loss"], "beta": given.get("loss.beta", 1.0)},
        "optimizer": {"lr": given.get("optimizer.lr", 0.001)},
        "run_dir": str(folder),
        "choices": choices,
    }
    scores = {"loss": -elbo, "elbo": elbo, "elbo_dataset": 3 * elbo}
    metrics = {
        "test": scores,
        "validation": {name: value + 1 for name, value in scores.items()},
        "units": UNITS,
        "seconds": 60.0,
        "epochs": 2,
        "seed": config["seed"],
        "choices": choices,
        "overrides": [*overrides],
        "data": DATA,
        **changed,
    }
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "history.csv").write_text("epoch,images,val/elbo\n1,9,-12\n2,18,-11\n")
    return folder


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "comparison.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_columns_are_the_options_that_differ_without_those_that_follow(tmp_path: Path) -> None:
    for i, latent_dim in enumerate((2, 10)):
        for lr in (0.1, 0.01):
            write_run(tmp_path / f"{i}-{lr}", f"latent_dim={latent_dim}", f"optimizer.lr={lr}", "loss=iwae")
    assert differing(outcomes([str(tmp_path)])) == ["latent_dim", "optimizer.lr"]


def test_options_are_found_where_no_command_line_is_known(tmp_path: Path) -> None:
    for latent_dim in (2, 3):
        for beta in (1, 4):
            write_run(tmp_path / f"{latent_dim}-{beta}", f"latent_dim={latent_dim}", f"loss.beta={beta}", overrides=[])
    assert differing(outcomes([str(tmp_path)])) == ["latent_dim", "loss.beta"]


def test_rows_are_ranked_by_validation_and_have_means_over_seeds(tmp_path: Path) -> None:
    elbos = {(2, 0): -10.0, (2, 1): -12.0, (3, 0): -9.0, (3, 1): -9.5, (3, 2): -8.0}
    for (latent_dim, seed), elbo in elbos.items():
        write_run(tmp_path / f"{latent_dim}-{seed}", f"latent_dim={latent_dim}", f"seed={seed}", elbo=elbo)
    compare([str(tmp_path)], tmp_path)
    best, other = rows_of(tmp_path)
    assert (best["latent_dim"], best["seeds"], best["best"]) == ("3", "3", "yes")
    assert (other["latent_dim"], other["seeds"], other["best"]) == ("2", "2", "")
    assert float(best["test/elbo"]) == pytest.approx((-9.0 - 9.5 - 8.0) / 3)
    assert float(best["test/elbo sd"]) == pytest.approx(stdev([-9.0, -9.5, -8.0]))
    assert "test/elbo_dataset" not in best
    assert {"comparison.csv", "comparison.md", "comparison.png"} <= {path.name for path in tmp_path.iterdir()}


def test_one_seed_twice_is_two_rows(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_run(tmp_path / name, "latent_dim=2")
    compare([str(tmp_path)], tmp_path)
    assert [row["seeds"] for row in rows_of(tmp_path)] == ["1", "1"]


def test_a_sweep_over_the_seed_alone_is_one_row(tmp_path: Path) -> None:
    for seed, elbo in ((1, -1.0), (2, -3.0)):  # in folders that are named as the parts of a run of several seeds
        write_run(tmp_path / f"seed-{seed}", f"seed={seed}", elbo=elbo)
    compare([str(tmp_path)], tmp_path)
    (row,) = rows_of(tmp_path)
    assert (row["seeds"], float(row["test/elbo"])) == ("2", -2.0)


def test_callbacks_that_change_a_result_tell_runs_apart(tmp_path: Path) -> None:
    for name, callbacks in (("a", {}), ("b", {"ema": {"decay": 0.9}}), ("c", {"progress": {}})):
        write_run(tmp_path / name, f"seed={ord(name)}", f"callbacks=[default,{name}]")
        config = yaml.safe_load((tmp_path / name / "config.yaml").read_text())
        (tmp_path / name / "config.yaml").write_text(yaml.safe_dump({**config, "callbacks": callbacks}))
    assert differing(runs := outcomes([str(tmp_path)])) == ["callbacks"]
    assert len(rows(runs, ["callbacks"])) == 2


def test_a_run_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "a")
    (tmp_path / "link").symlink_to(tmp_path / "runs" / "a")
    assert len(outcomes([str(tmp_path / "runs"), str(tmp_path / "link"), str(tmp_path / "runs" / "a")])) == 1


def test_a_value_is_what_hydra_reads(tmp_path: Path) -> None:
    write_run(tmp_path / "a", overrides=["encoder.activation={name:leaky_relu,negative_slope:0.3}"])
    value = outcomes([str(tmp_path / "a")])[0].options["encoder.activation"]
    assert value == {"name": "leaky_relu", "negative_slope": 0.3}


@pytest.mark.parametrize(
    "changed",
    [
        *({"validation": {"elbo": value, "loss": 1.0}} for value in (float("nan"), None, "x")),
        *({"seconds": "x"}, {"data": "x"}, {"units": [1]}, {"test": 3}),
        {"seeds": [{"seed": 0, "test": {"loss": 1.0}, "validation": {}}, {"seed": 1, "test": {}, "validation": {}}]},
    ],
)
def test_metrics_that_no_run_writes_are_named(tmp_path: Path, changed: dict[str, Any]) -> None:
    write_run(tmp_path / "a", **changed)
    with pytest.raises(UserError, match=r"a/metrics\.json is not what a run writes"):
        outcomes([str(tmp_path)])


def test_the_seeds_of_one_run_count_each(tmp_path: Path) -> None:
    each = [
        {"seed": seed, "test": {"loss": value, "elbo": -value}, "validation": {"loss": value, "elbo": -value}}
        for seed, value in ((0, 1.0), (1, 3.0))
    ]
    write_run(tmp_path / "a", "latent_dim=2", seeds=each)
    write_run(tmp_path / "a" / "seed-0", "latent_dim=2")
    compare([str(tmp_path)], tmp_path)
    (row,) = rows_of(tmp_path)
    assert (row["seeds"], float(row["test/loss"]), float(row["test/loss sd"])) == ("2", 2.0, pytest.approx(2**0.5))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"data": {**DATA, "binarize": "dynamic"}}, "data.binarize (dynamic, none)"),
        ({"data": {**DATA, "name": "mnist"}}, "data.name"),
        ({"data": {**DATA, "scored": {"test": 2, "validation": 3}}}, "data.scored"),
        (
            {"choices": {"model": "mlp_vae", "loss": "sgvb_b", "likelihood": "gaussian"}},
            "likelihood (bernoulli, gaussian)",
        ),
    ],
)
def test_runs_whose_nats_are_not_comparable_are_not_ranked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, Any], reason: str
) -> None:
    write_run(tmp_path / "a", "latent_dim=2")
    write_run(tmp_path / "b", "latent_dim=3", **changed)
    compare([str(tmp_path)], tmp_path)
    output = capsys.readouterr().out
    assert "Not ranked" in output
    assert reason in output
    assert all(row["best"] == "" for row in rows_of(tmp_path))


def test_losses_of_different_kinds_are_not_ranked_and_elbos_are(tmp_path: Path) -> None:
    for name in ("iwae", "sgvb_b"):
        write_run(tmp_path / "vae" / name, f"loss={name}")
        scores = {"loss": 1.0}
        write_run(tmp_path / "ae" / name, f"loss={name}", test=scores, validation=scores)
    assert compare([str(tmp_path / "vae")], tmp_path).criterion == ("validation", "elbo")
    assert compare([str(tmp_path / "ae")], tmp_path).criterion is None


def test_rows_are_sorted_and_grouped_by_options_and_figures(tmp_path: Path) -> None:
    for latent_dim, loss, elbo in ((2, "iwae", -3.0), (10, "iwae", -1.0), (10, "stl", -2.0), (2, "stl", -4.0)):
        write_run(tmp_path / f"{latent_dim}-{loss}", f"latent_dim={latent_dim}", f"loss={loss}", elbo=elbo)

    def order(**options: str) -> list[tuple[str, str, str]]:
        compare([str(tmp_path)], tmp_path, **options)
        return [(row["latent_dim"], row["loss"], row["best"]) for row in rows_of(tmp_path)]

    assert order() == [("10", "iwae", "yes"), ("10", "stl", ""), ("2", "iwae", ""), ("2", "stl", "")]
    assert [row[0] for row in order(sort="latent_dim")] == ["2", "2", "10", "10"]
    assert order(group="loss") == [("10", "iwae", "yes"), ("2", "iwae", ""), ("10", "stl", "yes"), ("2", "stl", "")]
    assert [row[:2] for row in order(sort="test/elbo")] == [("2", "stl"), ("2", "iwae"), ("10", "stl"), ("10", "iwae")]
    with pytest.raises(UserError, match="sort=foo: expected seconds"):
        order(sort="foo")
    with pytest.raises(UserError, match="group=seed: expected one of the options that differ: latent_dim, loss"):
        order(group="seed")


def test_jobs_that_did_not_finish_are_rows(tmp_path: Path) -> None:
    write_run(tmp_path / "latent_dim-2", "latent_dim=2")
    cut = write_run(tmp_path / "latent_dim-3", "latent_dim=3")
    (cut / "metrics.json").unlink()
    (cut / "checkpoints").mkdir()
    job = {"number": 2, "folder": "latent_dim-0", "options": ["latent_dim=0"], "outcome": "failed", "reason": "too few"}
    (tmp_path / "jobs.jsonl").write_text(f'{{"total": 3, "began": 0}}\n{json.dumps(job)}\n')
    compare([str(tmp_path)], tmp_path)
    states = {row["latent_dim"]: (row["state"], row["reason"]) for row in rows_of(tmp_path)}
    assert states == {"2": ("finished", ""), "3": ("cut short", ""), "0": ("failed", "too few")}


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (lambda run: (run / "metrics.json").write_text("{"), "metrics.json is not what a run writes"),
        (lambda run: (run / "metrics.json").write_text("{}"), "is not what a run writes"),
        (lambda run: (run / "metrics.json").write_text("[1]"), "metrics.json is not what a run writes"),
        (lambda run: (run / "config.yaml").write_text("[}"), "config.yaml is not what a run writes"),
        (lambda run: (run.parent / "jobs.jsonl").write_text("1\n{}"), "jobs.jsonl is not what a run writes"),
    ],
)
def test_a_file_that_no_run_writes_gets_one_message(
    tmp_path: Path, run_command: RunCommand, break_it: Any, expected: str
) -> None:
    break_it(write_run(tmp_path / "a", "latent_dim=2"))
    code, _, message = run_command(main, "compare", f"run={tmp_path}")
    assert (code, "Traceback" in message) == (1, False)
    assert expected in message


@pytest.mark.parametrize("argument", ["run=nowhere", "run=null", "run=.", "sort=3"])
def test_a_wrong_option_gets_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand, argument: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, message = run_command(main, "compare", argument)
    assert (code, "Traceback" in message) == (1, False)
    assert "run" in message or "sort" in message
