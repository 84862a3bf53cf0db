"""How to go on with a sweep that was ended."""

import re
import sys
from pathlib import Path

from aevb.command_line.arguments import hydra_quoted
from aevb.command_line.launchers import module_name
from aevb.files import relative_to_cwd
from aevb.terminal import shell_command


def how_to_go_on(command: str, sweep: Path | None) -> str:
    """The command that does what is left of the sweep in this folder; nothing where there is none."""
    if sweep is None or command != "train":
        return ""
    given = [argument for argument in sys.argv[1:] if not re.match(r"\+*(sweep|hydra\.sweep\.dir)=", argument)]
    folder = relative_to_cwd(sweep)
    named = str(folder.parent) == "outputs/multirun"
    place = f"sweep={hydra_quoted(folder.name)}" if named else f"hydra.sweep.dir={hydra_quoted(str(folder))}"
    return f"To go on with the sweep:\n{shell_command(module_name(command), *given, place)}"
