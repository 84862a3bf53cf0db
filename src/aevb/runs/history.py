"""history.csv: the curves of a run, as numbers."""

import csv
from math import inf
from pathlib import Path

from aevb.errors import UserError
from aevb.files import relative_to_cwd, write_csv_atomically

LARGEST = 3.5e38  # of float32, in which a run counts

Row = dict[str, float]


def write_history(path: Path, rows: list[Row]) -> None:
    """Write the rows as CSV; what a row does not have is left empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    write_csv_atomically(path, [names, *([row.get(name, "") for name in names] for row in rows)])


def read_history(path: Path) -> list[Row]:
    """The rows of a file that `write_history` has written; UserError for another file."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [_numbers(row) for row in csv.DictReader(file, restkey="")]
    except (ValueError, csv.Error) as error:
        reason = f"{relative_to_cwd(path)} is not a table of numbers, as a run writes it"
        raise UserError(f"{reason}: delete it, or put the one of the run back") from error


def _numbers(row: dict[str, str | list[str]]) -> Row:
    if "" in row:
        raise ValueError("a row is longer than the first")
    numbers = {name: float(value) for name, value in row.items() if isinstance(value, str) and value}
    if any(LARGEST < abs(number) < inf for number in numbers.values()):
        raise ValueError("a number is beyond those of float32")
    return numbers
