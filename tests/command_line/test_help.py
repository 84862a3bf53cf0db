"""--help lists the groups that a command has, and no others."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from aevb import compare, compare_estimators, draw, evaluate, train
from tests.conftest import CONF, RunCommand, choices

FOLDERS = {folder.name for folder in CONF.iterdir() if folder.is_dir()}


@pytest.mark.parametrize(
    ("command", "name", "groups"),
    [
        (train.main, "train", FOLDERS - {"base", "hydra", "sections"}),
        (draw.main, "draw", {"figures"}),
        (evaluate.main, "evaluate", {"sections"}),
        (compare.main, "compare", set()),
        (compare_estimators.main, "compare_estimators", set()),
    ],
)
def test_help_has_the_groups_of_the_command(
    run_command: RunCommand, command: Callable[..., Any], name: str, groups: set[str]
) -> None:
    code, printed, errors = run_command(command, name, "--help")
    assert (code, errors) == (0, "")
    above, _, options = printed.partition("== Config ==")
    listed = dict(re.findall(r"^(\w+): (.*)$", above, re.MULTILINE))
    assert {group: names.split(", ") for group, names in listed.items()} == {group: choices(group) for group in groups}
    assert ("== Configuration groups ==" in above) == bool(groups)
    assert "\nseed: 0\n" in options or name == "compare"
