"""The runs that a path stands for."""

from pathlib import Path

import pytest

from aevb.errors import UserError
from aevb.runs.run import common_folder, find_runs


def make_run(folder: Path) -> None:
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "last.ckpt").touch()


def test_the_runs_below_a_folder_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("10_z=200", "2_z=5", "0_z=3"):
        make_run(tmp_path / name)
    runs = find_runs(str(tmp_path))
    assert [run.folder.name for run in runs] == ["0_z=3", "2_z=5", "10_z=200"]
    assert common_folder(runs) == tmp_path


@pytest.mark.parametrize(
    "values", [("3", "5", "10", "20", "200"), ("0.05", "0.1", "0.25", "2", "10"), ("1e-4", "5e-4", "1e-3")]
)
def test_the_number_of_a_sweeps_job_does_not_matter(tmp_path: Path, values: tuple[str, ...]) -> None:
    jobs = {value: f"{job}_z={value},loss=iwae" for job, value in enumerate(reversed(values))}
    for folder in jobs.values():
        make_run(tmp_path / folder)
    assert [run.folder.name for run in find_runs(str(tmp_path))] == [jobs[value] for value in values]


def test_a_run_is_its_folder_or_its_checkpoint(tmp_path: Path) -> None:
    make_run(tmp_path / "a")
    checkpoint = tmp_path / "a" / "checkpoints" / "last.ckpt"
    for path in (tmp_path / "a", checkpoint):
        (run,) = find_runs(str(path))
        assert (run.checkpoint, run.folder) == (checkpoint, tmp_path / "a")
    assert len(find_runs([str(tmp_path / "a"), str(checkpoint)])) == 1


@pytest.mark.parametrize("path", ["", [], 3])
def test_anything_else_is_named(path: object) -> None:
    with pytest.raises(UserError, match="expected the folder of a run"):
        find_runs(path)
