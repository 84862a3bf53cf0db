"""Sweeps as the command line starts them, in this process."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hydra.core.global_hydra import GlobalHydra

from aevb.train.__main__ import run as train

Sweep = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sweep(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Sweep:
    """Run the command in a temporary folder, as the module does; returns its exit code, its output and its errors."""
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["src/train.py", *arguments])
        os.environ["HYDRA_FULL_ERROR"] = "0"
        GlobalHydra.instance().clear()
        code: Any = 0
        try:
            train()
        except SystemExit as stop:
            code = stop.code
        return code, *capsys.readouterr()

    return command
