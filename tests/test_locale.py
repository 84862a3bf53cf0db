"""Files are UTF-8 and outputs survive in a locale that knows ASCII alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aevb.files import write_csv_atomically, write_text_atomically

ROOT = Path(__file__).parent.parent
ASCII = {**os.environ, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "OMP_NUM_THREADS": "1",
         "PYTHONPATH": str(ROOT / "src")}  # fmt: skip


def run(*arguments: str, cwd: Path) -> str:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=cwd, env=ASCII, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode("ascii")


@pytest.mark.slow
def test_a_run_is_trained_and_evaluated(tmp_path: Path) -> None:
    quick = ("experiment=quick", "trainer.max_epochs=1", "figures=[]", "hydra.run.dir=run")
    assert "nats per image" in run("aevb.train", *quick, cwd=tmp_path)
    printed = run("aevb.evaluate", "run=run", "sections=[elbo]", "num_images=20", cwd=tmp_path)
    assert "? s.e." in printed  # in place of the sign that this terminal does not have
    evaluation = json.loads((tmp_path / "run" / "evaluation.json").read_text(encoding="utf-8"))
    assert evaluation["results"][0]["name"] == "elbo"
    assert (tmp_path / "run" / "model.txt").read_text(encoding="utf-8").count("×") > 0


@pytest.mark.parametrize(("name", "cwd", "environment", "remedy"), [
    (b"\xc3\xa9", None, ASCII, "PYTHONUTF8=1"),
    (b"\xc3\xa9", b"\xc3\xa9", ASCII, "PYTHONUTF8=1"),
    (b"\xff", None, {**ASCII, "PYTHONUTF8": "1"}, "another name"),
])  # fmt: skip
def test_a_name_that_no_file_could_hold_is_refused_before_anything_is_written(
    name: bytes, cwd: bytes | None, environment: dict[str, str], remedy: str, tmp_path: Path
) -> None:
    folder = os.path.join(os.fsencode(tmp_path), cwd or b"")
    os.makedirs(folder, exist_ok=True)
    override = b"hydra.run.dir=" + (b"run" if cwd else name)
    command = [os.fsencode(sys.executable), b"-m", b"aevb.train", b"experiment=quick", override]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True)
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: ")
    assert remedy.encode() in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert not os.listdir(folder)


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_text_atomically(file, "σ\n")
    with pytest.raises(UnicodeEncodeError):
        write_text_atomically(file, "\ud800")  # no character
    assert file.read_bytes() == "σ\n".encode()
    write_csv_atomically(file, [["a", "β"], [1, ""]])
    assert file.read_text(encoding="utf-8").split() == ["a,β", "1,"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
