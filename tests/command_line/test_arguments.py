"""The arguments of a command: paths as a shell has them, options on either side of -m."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from aevb.command_line.arguments import hydra_quoted, prepare_arguments
from aevb.command_line.sweeps.folders import folder_name
from aevb.errors import UserError
from aevb.files import shell_path
from aevb.signals import RANK_ARGUMENTS

NAMES = ["a", "0_a=1,b='c'", "my runs/[x]", 'it\'s "q"', "$HOME", "${x}", "\\${x}", "a\\", "\\\\'", "~x", "-x", "été",
         "2024", "null", "{a}", "a#b", "a:b;c&d", "a\nb", "glob(*)"]  # fmt: skip


def prepared(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    monkeypatch.setattr(sys, "argv", ["train", *arguments])
    prepare_arguments()
    return sys.argv[1:]


def taken(override: str) -> object:
    """What a command finds in its configuration."""
    parsed = OverridesParser.create().parse_override(override)
    return OmegaConf.create({"value": parsed.value()}).value


@pytest.mark.parametrize("name", NAMES)
def test_hydra_reads_back_what_was_quoted(name: str) -> None:
    assert taken(f"run={hydra_quoted(name)}") == name


@pytest.mark.parametrize("sweep", [[], ["-m"]])
@pytest.mark.parametrize("name", NAMES)
def test_a_printed_path_can_be_pasted_into_a_shell_and_after_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, sweep: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / name
    folder.mkdir(parents=True)
    (pasted,) = shlex.split(f"run={shell_path(folder)}")
    *_, override = prepared(monkeypatch, *sweep, pasted)
    value = taken(override)
    assert isinstance(value, str)
    assert Path(value).samefile(folder)


@pytest.mark.parametrize("override", ["run=[a,b]", "out=null", "run='a b'", "hydra.run.dir=outputs/${now:%H}",
                                      "out=2024", "latent_dim=a b", "run=outputs/x", "~logger"])  # fmt: skip
def test_what_is_no_plain_path_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, override: str) -> None:
    assert prepared(monkeypatch, override) == [override]


def test_choices_of_a_sweep_stay_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    assert prepared(monkeypatch, "-m", "run=a,b") == ["-m", "run=a,b"]
    assert prepared(monkeypatch, "run=a,b") == ["run='a,b'"]


@pytest.mark.parametrize("override", ["hydra.run.dir=", "run_dir=''", "out=", "run=", "hydra.run.dir=null", "out= "])
def test_an_empty_path_is_refused(monkeypatch: pytest.MonkeyPatch, override: str) -> None:
    with pytest.raises(UserError, match="expected a path"):
        prepared(monkeypatch, override)


def test_options_stand_on_either_side_of_a_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    assert prepared(monkeypatch, "a=1,2", "-m", "b=3") == ["-m", "a=1,2", "b=3"]
    assert prepared(monkeypatch, "a=1", "--config-dir", "x", "b=3", "--cfg", "job") == [
        "--config-dir", "x", "--cfg", "job", "a=1", "b=3"]  # fmt: skip


def test_another_process_of_a_run_does_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RANK_ARGUMENTS, json.dumps(["latent_dim=2", "hydra.run.dir='a b'"]))
    assert prepared(monkeypatch, "-m", "latent_dim=2,3") == ["latent_dim=2", "hydra.run.dir='a b'"]


@pytest.mark.parametrize("text", ["a" * 300, "é" * 300, "日" * 300, "x/" * 200])
def test_the_folder_of_a_job_has_a_name_that_file_systems_take(tmp_path: Path, text: str) -> None:
    names = {folder_name({"a": text}), folder_name({"a": f"{text}!"})}
    assert len(names) == 2
    for name in names:
        (tmp_path / name).mkdir()
        assert re.fullmatch(r"[A-Za-z0-9_.+-]+", name)


def test_a_current_folder_that_was_removed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UserError, match="current folder is there no more"):
        prepared(monkeypatch, "run=a")
