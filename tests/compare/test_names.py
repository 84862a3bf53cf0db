"""The names of several runs say what tells them apart, and nothing else."""

from pathlib import Path

from aevb.compare.names import names
from aevb.runs import Run
from tests.compare.test_compare import write_run


def run(folder: Path, *overrides: str) -> Run:
    return Run(folder / "checkpoints" / "last.ckpt", write_run(folder, *overrides))


def test_runs_are_named_after_the_options_that_differ(tmp_path: Path) -> None:
    runs = [
        run(tmp_path / f"{latent_dim}-{lr}", "loss=iwae", f"latent_dim={latent_dim}", f"optimizer.lr={lr}")
        for latent_dim in (2, 10)
        for lr in (0.1, 0.001)
    ]
    assert names(runs) == [
        "latent_dim=2, lr=0.1", "latent_dim=2, lr=0.001", "latent_dim=10, lr=0.1", "latent_dim=10, lr=0.001",
    ]  # fmt: skip
    assert names(runs[:2]) == ["lr=0.1", "lr=0.001"]


def test_runs_that_were_cut_short_are_named_too(tmp_path: Path) -> None:
    runs = [run(tmp_path / str(latent_dim), f"latent_dim={latent_dim}") for latent_dim in (2, 3, 5)]
    for other in runs[1:]:
        (other.folder / "metrics.json").unlink()
    assert names(runs) == ["latent_dim=2", "latent_dim=3", "latent_dim=5"]


def test_the_seed_is_named_where_nothing_else_differs(tmp_path: Path) -> None:
    runs = [run(tmp_path / name, f"seed={seed}", f"latent_dim={z}") for name, seed, z in (("a", 0, 2), ("b", 1, 3))]
    assert names(runs) == ["latent_dim=2", "latent_dim=3"]
    runs.append(run(tmp_path / "c", "seed=2", "latent_dim=3"))
    assert names(runs) == ["latent_dim=2, seed=0", "latent_dim=3, seed=1", "latent_dim=3, seed=2"]


def test_the_same_options_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    runs = [run(tmp_path / day / "vae" / "run") for day in ("monday", "tuesday")]
    assert names(runs) == ["monday", "tuesday"]
    runs.append(run(tmp_path / "monday" / "vae" / "again", "latent_dim=3"))
    first, second, third = names(runs)
    assert (first, second, third) == ("latent_dim=2 (monday/vae/run)", "latent_dim=2 (tuesday/vae/run)", "latent_dim=3")


def test_without_a_configuration_the_path_is_the_name(tmp_path: Path) -> None:
    runs = [run(tmp_path / f"{z}", f"latent_dim={z}") for z in (2, 3)]
    (runs[0].folder / "config.yaml").unlink()
    assert names(runs) == ["2", "3"]
    assert names([]) == []
