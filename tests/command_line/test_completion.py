"""Tab completion, as bash asks for it, and the command aevb."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import aevb
from aevb.command_line.commands import COMMANDS
from tests.conftest import CONF

CLONE = CONF.parent
ASK = """
source /dev/stdin <<< "$(aevb train -sc install=bash)"
COMP_LINE=$1 COMP_POINT=${#1}
_aevb_completion
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One in which `aevb` and `python` are commands, as pip would install them."""
    folder = tmp_path_factory.mktemp("bin")
    script = f"#!{sys.executable}\nfrom aevb.__main__ import run\n\nrun()\n"
    (folder / "aevb").write_text(script)
    (folder / "aevb").chmod(0o755)
    (folder / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (folder / "python").chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(CLONE / "src")}


def start(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=CLONE, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("aevb compare", {"compare", "compare_estimators"}),
        ("aevb train model=co", {"conv_ae", "conv_vae"}),
        ("aevb train -m model=co", {"conv_ae", "conv_vae"}),
        ("python -m src.train data=digits loss=sgvb_", {"sgvb_a", "sgvb_b"}),
        ("python -m aevb.train lat", {"latent_dim="}),
        ("aevb train optimizer.l", {"optimizer.lr="}),
        ("python -m src.evaluate sections=prob", {"probes "}),
        ("python -m http.server model=co", {""}),
        ("aevb train model=$(touch${IFS}evil)", {""}),
    ],
)
def test_what_may_follow(environment: dict[str, str], line: str, expected: set[str]) -> None:
    asked = start(environment, "bash", "--norc", "-c", ASK, "bash", line)
    assert {*asked.stdout.removesuffix("\n").split("\n")} == expected
    assert not Path(CLONE, "evil").exists()


def test_it_can_be_taken_back(environment: dict[str, str]) -> None:
    script = """eval "$(aevb train -sc install=bash)"; eval "$(aevb train -sc uninstall=bash)"
    complete -p; type -t _aevb_completion"""
    asked = start(environment, "bash", "--norc", "-c", script)
    assert (asked.stdout, asked.stderr) == ("", "")


@pytest.mark.parametrize("line", ["aevb ", "aevb model="])
def test_it_imports_no_torch(environment: dict[str, str], line: str) -> None:
    query = ("-X", "importtime", "-m", "aevb.train", "-sc", "query=bash")
    asked = start({**environment, "COMP_LINE": line}, sys.executable, *query)
    imported = {text.rpartition("|")[2].strip() for text in asked.stderr.splitlines()}
    assert "hydra" in imported
    assert not imported & {"torch", "lightning", "matplotlib"}


def test_the_command_is_the_module(environment: dict[str, str]) -> None:
    for arguments in (("train", "--cfg", "job"), ("evaluate", "nosuch=1"), ("compare", "run=latest", "sort=[")):
        ours = start(environment, "aevb", *arguments)
        modules = start(environment, sys.executable, "-m", f"aevb.{arguments[0]}", *arguments[1:])
        assert (ours.returncode, ours.stdout, ours.stderr) == (modules.returncode, modules.stdout, modules.stderr)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_it_lists_its_commands_at_once(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    asked = start(environment, sys.executable, "-X", "importtime", "-m", "aevb", *arguments)
    assert asked.returncode == 0
    assert all(f"  {name} " in asked.stdout for name in COMMANDS)
    assert not any(f" {name}\n" in asked.stderr for name in ("torch", "hydra", "omegaconf"))


def test_version_and_mistakes(environment: dict[str, str]) -> None:
    assert start(environment, "aevb", "--version").stdout == f"aevb {aevb.__version__}\n"
    wrong = start(environment, "aevb", "trian")
    assert (wrong.returncode, "Did you mean train?" in wrong.stderr, "Traceback" in wrong.stderr) == (1, True, False)


def test_every_command_is_listed() -> None:
    found = {path.parent.name for path in (CLONE / "src" / "aevb").glob("*/__main__.py")}
    assert found == COMMANDS.keys()
