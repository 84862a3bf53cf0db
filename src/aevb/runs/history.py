"""history.csv: the curves of a run, as numbers."""

import csv
from pathlib import Path

from aevb.files import write_csv_atomically

Row = dict[str, float]


def write_history(path: Path, rows: list[Row]) -> None:
    """Write the rows as CSV; what a row does not have is left empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    write_csv_atomically(path, [names, *([row.get(name, "") for name in names] for row in rows)])


def read_history(path: Path) -> list[Row]:
    """The rows of a file that `write_history` has written."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]
