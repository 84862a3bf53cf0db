"""aevb <command> is python -m aevb.<command>, and so is python -m aevb <command>."""

import os
import sys

from aevb import __version__
from aevb.command_line.commands import COMMANDS

USAGE = "aevb <command> [option=value ...]"


def run() -> None:
    """Become the command that is named, or say which there are."""
    command, *arguments = sys.argv[1:] or ["--help"]
    if command in COMMANDS:
        os.execv(sys.executable, [sys.executable, "-m", f"aevb.{command}", *arguments])
    elif command in ("--help", "-h"):
        width = max(map(len, COMMANDS))
        listed = [f"  {name:{width}}  {does}" for name, does in COMMANDS.items()]
        print("\n".join([f"Usage: {USAGE}", "", *listed, "", "aevb <command> --help lists its options."]))
    elif command == "--version":
        print(f"aevb {__version__}")
    else:
        from aevb.command_line.suggestions import unknown_name  # OmegaConf takes its time to import

        print(f"Error: {unknown_name('command', command, COMMANDS)} Usage: {USAGE}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    run()
