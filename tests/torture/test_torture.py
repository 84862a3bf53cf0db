"""A little of each torture; `make torture` has the rest."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_wrong_is_used() -> None:
    command = [sys.executable, "-m", "tests.torture", "--kills", "4", "--flips", "6", "--pairs", "1", "--seed", "5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 faults" in done.stdout
