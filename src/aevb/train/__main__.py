"""python -m aevb.train."""

from aevb.command_line.plain_errors import plain_errors
from aevb.train import main
from aevb.train.table_of_sweep import table_at_the_end


def run() -> None:
    """The command, with one message instead of a traceback for a user's mistake."""
    with plain_errors("train"), table_at_the_end():
        main()


if __name__ == "__main__":
    run()
