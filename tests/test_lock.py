"""One writer at a time in a run folder, and no lock that outlasts it."""

import os
import signal
from pathlib import Path

import pytest

from aevb.errors import UserError
from aevb.lock import holder, is_locked, locked


def test_the_second_is_refused_by_name_and_the_third_finds_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with locked(folder):
        assert is_locked(folder)
        assert holder(folder) == os.getpid()
        with (
            pytest.raises(UserError, match=rf"run is in use: process {os.getpid()} on .*hydra\.run\.dir="),
            locked(folder),
        ):
            pass
        assert is_locked(folder)
    assert list(folder.iterdir()) == []
    assert holder(folder) is None
    assert not is_locked(folder)
    with locked(folder):
        pass


def test_a_process_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with locked(tmp_path):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert (tmp_path / ".lock").exists()
    assert holder(tmp_path) is None
    assert not is_locked(tmp_path)
    with locked(tmp_path):
        assert is_locked(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file.*could not be written"), locked(tmp_path / "file" / "run"):
        pass
