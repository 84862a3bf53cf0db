"""python -m aevb.compare."""

from aevb.command_line.plain_errors import plain_errors
from aevb.compare import main


def run() -> None:
    """The command, with one message instead of a traceback for a user's mistake."""
    with plain_errors("compare"):
        main()


if __name__ == "__main__":
    run()
