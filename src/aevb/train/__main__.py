"""python -m aevb.train."""

from aevb.command_line.plain_errors import plain_errors
from aevb.train import main


def run() -> None:
    with plain_errors():
        main()


if __name__ == "__main__":
    run()
