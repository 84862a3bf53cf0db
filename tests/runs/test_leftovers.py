"""What a run leaves in its folder is removed by the next one there; what anybody else has put there is not."""

import os
from pathlib import Path

from aevb.runs.leftovers import Leftovers

OURS = ("config.yaml", "history.csv", "metrics.json", "model.txt", "hparams.yaml", "events.out.tfevents.1.host.2.0",
        "evaluation.json", "checkpoints/best.ckpt", "checkpoints/last.ckpt", "checkpoints/last-v1.ckpt",
        "checkpoints/epoch-010.ckpt", "checkpoints/within.ckpt", "checkpoints/epoch=3-step=90.ckpt",
        "figures/tsne.png", "figures/latent_scatter-epoch-005.png", "figures/mine_too.png",
        "figures/gradient_noise.csv",
        "seed-3/metrics.json", "seed-3/checkpoints/best.ckpt")  # fmt: skip
OTHERS = ("notes.txt", "train.log", "checkpoints/good.ckpt", "checkpoints/best-of-all.ckpt", "figures/paper.png",
          "seed-x/metrics.json", "figures/tsne-old.png", "data.csv")  # fmt: skip
CONFIG = """
seeds: 2
model: {}
trainer: {}
callbacks: {within_epoch: {filename: within}}
figures: {mine_too: {}}
"""


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    (folder / "config.yaml").write_text(CONFIG)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_only_what_a_run_has_written_is_removed(tmp_path: Path) -> None:
    fill(tmp_path, *OURS, *OTHERS)
    assert {*Leftovers(tmp_path).remove()} == {*OURS}
    assert files(tmp_path) == {*OTHERS}
    assert not (tmp_path / "seed-3").exists()


def test_what_has_been_written_since_stays(tmp_path: Path) -> None:
    fill(tmp_path, *OURS)
    leftovers = Leftovers(tmp_path)
    (tmp_path / "new").write_text("new")
    (tmp_path / "new").replace(tmp_path / "model.txt")
    leftovers.remove()
    assert files(tmp_path) == {"model.txt"}


def test_checkpoints_that_are_a_link_to_another_disk_are_removed_and_the_link_stays(tmp_path: Path) -> None:
    run, disk = tmp_path / "run", tmp_path / "disk"
    fill(disk, "best.ckpt")
    fill(run, "model.txt")
    (run / "checkpoints").symlink_to(disk)
    Leftovers(run).remove()
    assert (run / "checkpoints").is_dir()
    assert files(disk) == {"config.yaml"}


def test_a_run_that_a_link_of_a_seeds_name_leads_to_keeps_everything(tmp_path: Path) -> None:
    run, other = tmp_path / "run", tmp_path / "other"
    fill(run, "model.txt")
    fill(other, *OURS)
    (run / "seed-0").symlink_to(other)
    assert {*Leftovers(run).remove()} == {"config.yaml", "model.txt"}
    assert files(other) == {*OURS}


def test_a_folder_without_a_run_keeps_everything(tmp_path: Path) -> None:
    for name in ("config.yaml", "history.csv", "metrics.json", "figures/tsne.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("- of: another program")
    assert Leftovers(tmp_path).remove() == []


def test_a_broken_config_is_no_obstacle(tmp_path: Path) -> None:
    for content in (b"\xff\x00", b"{", b"[1, 2]", b"callbacks: 3", b"callbacks: {a: {filename: [1]}}\nfigures: 3"):
        fill(tmp_path, "checkpoints/best.ckpt")
        (tmp_path / "config.yaml").write_bytes(content)
        assert {*Leftovers(tmp_path).remove()} == {"config.yaml", "checkpoints/best.ckpt"}


def test_a_pipe_in_place_of_the_configuration_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.yaml")
    assert Leftovers(tmp_path).files == {}
