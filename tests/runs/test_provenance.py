"""The revision and the versions are those of the code, wherever it is called from."""

import subprocess
from pathlib import Path

import pytest

import aevb
from aevb.runs.provenance import revision, versions


def test_another_repository_in_the_environment_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = revision()
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert revision() == here


def test_the_version_is_that_of_the_code_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("aevb", "torch"):
        fake = tmp_path / f"{name}-99.dist-info"
        fake.mkdir()
        (fake / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 99\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert versions()["aevb"] == aevb.__version__
    assert versions()["torch"] != "99"
