"""python -m aevb.evaluate."""

from aevb.command_line.plain_errors import plain_errors
from aevb.evaluate import evaluations, main


def run() -> None:
    with plain_errors("evaluate"):
        main()
        if len(evaluations) > 1:
            from aevb.evaluate.ranking import comparison

            comparison(evaluations)


if __name__ == "__main__":
    run()
