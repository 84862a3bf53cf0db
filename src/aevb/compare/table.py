"""The table of a comparison: in the terminal, as CSV, as Markdown."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich import box
from rich.table import Table

from aevb.compare.ranking import criterion, is_better
from aevb.compare.rows import Figure, Row, figures
from aevb.errors import UserError
from aevb.files import relative_to_cwd, write_csv_atomically, write_text_atomically
from aevb.terminal import duration, format_number, wide_console

SHOWN = 4  # figures of the test images beside the one that rows are ranked by
BEST = "*"


class Comparison:
    """Rows in their order, with what they are ranked by.

    columns: the options that tell them apart. sort: an option, a figure such as test/kl, or seconds; None: by rank.
    group: an option by which rows are put together, each group ranked by itself.
    """

    def __init__(self, table: Sequence[Row], columns: Sequence[str], sort: str | None, group: str | None) -> None:
        self.columns = list(columns)
        self.figures = figures(table)
        self.criterion, self.reasons = criterion(table)
        self.group, self.sort = group, sort
        if group is not None and group not in self.columns:
            raise UserError(f"group={group}: expected one of the options that differ: {', '.join(self.columns)}")
        self.rows = sorted(table, key=lambda row: self._key(row, sort))
        self.best = {id(row) for _, rows in self.groups() if (row := self._best_of(rows))}

    def groups(self) -> Iterator[tuple[str, list[Row]]]:
        """The rows that belong together."""
        together: dict[str, list[Row]] = {}
        for row in self.rows:
            together.setdefault(str(row.options[self.group]) if self.group else "", []).append(row)
        yield from together.items()

    def _best_of(self, rows: Sequence[Row]) -> Row | None:
        best: Row | None = None
        for row in rows:
            value = row.mean(self.criterion) if self.criterion and len(self.rows) > 1 else None
            known = best.mean(self.criterion) if best and self.criterion else None
            if value is not None and self.criterion and (known is None or is_better(self.criterion, value, known)):
                best = row
        return best

    def _key(self, row: Row, sort: str | None) -> tuple[object, ...]:
        """Rows without a value come last."""
        group = _order(row.options[self.group]) if self.group else ()
        if sort is None:
            if self.criterion is None:
                return (group, row.num_seeds == 0, [_order(value) for value in row.options.values()])
            sort = "/".join(self.criterion)
            sign = -1.0 if is_better(self.criterion, 1, 0) else 1.0
        else:
            sign = 1.0
        if sort in self.columns:
            return (group, _order(row.options[sort]))
        names = {"/".join(figure): figure for figure in self.figures}
        if sort != "seconds" and sort not in names:
            raise UserError(
                f"sort={sort}: expected seconds, an option that differs or a figure: "
                f"{', '.join([*self.columns, *names]) or 'there are none'}"
            )
        value = row.seconds if sort == "seconds" else row.mean(names[sort])
        return (group, value is None, sign * (value or 0.0))

    def shown(self) -> list[Figure]:
        """The figures that a terminal has room for."""
        chosen = [("test", self.criterion[1]), ("validation", self.criterion[1])] if self.criterion else []
        same = "loss" if chosen and chosen[0][1] == "elbo" else None  # with its sign, or with a weight
        others = [
            figure for figure in self.figures if figure[0] == "test" and figure not in chosen and figure[1] != same
        ]
        return [figure for figure in [*chosen, *others[:SHOWN]] if figure in self.figures]

    def title(self) -> str:
        runs = f"{len(self.rows)} combination{'s' * (len(self.rows) != 1)}"
        ranked = f"{runs}, ranked by {' '.join(self.criterion)}" if self.criterion else f"{runs}, not ranked"
        return ranked if self.sort is None else f"{ranked}, in the order of {self.sort}"

    def notes(self) -> list[str]:
        """What a reader of the table has to know."""
        failed = [
            f"{relative_to_cwd(run.folder)}: {run.state}{f': {run.reason}' if run.reason else ''}"
            for row in self.rows
            for run in row.runs
            if not run.finished
        ]
        reasons = [f"{reason[:1].upper()}{reason[1:]}" for reason in self.reasons]
        ranked = [f"Not ranked. {' '.join(reasons)}"] if reasons else []
        seeds = any(row.num_seeds > 1 for row in self.rows)
        spread = ["± is the standard deviation over seeds."] if seeds else []
        best = [f"{BEST} marks the best {'of each group' if self.group else 'row'}."] if self.best else []
        return [*ranked, *best, *spread, *failed]

    def cells(self, row: Row) -> list[str]:
        """A row, as text."""
        options = [_shown(row.options[name]) for name in self.columns]
        state = [] if row.state == "finished" else [row.state]
        scores = [_with_deviation(row, figure) for figure in self.shown()]
        seconds = duration(row.seconds) if row.seconds is not None else ""
        mark = BEST if id(row) in self.best else ""
        return [mark, *options, str(row.num_seeds) if not state else state[0], *scores, seconds]

    def head(self) -> list[str]:
        return ["", *self.columns, "seeds", *(" ".join(figure) for figure in self.shown()), "time"]


def print_table(comparison: Comparison) -> None:
    """Print the table, and below it what one has to know about it."""
    table = Table(title=comparison.title(), box=box.SIMPLE_HEAD)
    options = len(comparison.columns)
    for i, name in enumerate(comparison.head()):
        table.add_column(name.replace(" ", "\n"), justify="left" if i <= options else "right", overflow="fold")
    for _, rows in comparison.groups():
        for row in rows:
            table.add_row(*comparison.cells(row))
        table.add_section()
    console = wide_console()
    console.print(table)
    for note in comparison.notes():
        print(note)


def write_csv(path: Path, comparison: Comparison) -> None:
    """Write all figures of all rows, with every digit."""
    names = [name for figure in comparison.figures for name in ("/".join(figure), f"{'/'.join(figure)} sd")]
    head = [*comparison.columns, "seeds", *names, "seconds", "best", "state", "reason", "runs"]
    lines: list[list[object]] = [[*head]]
    for row in comparison.rows:
        scores = [value for figure in comparison.figures for value in (row.mean(figure), row.deviation(figure))]
        lines.append(
            [
                *(row.options[name] for name in comparison.columns),
                row.num_seeds,
                *("" if value is None else value for value in [*scores, row.seconds]),
                "yes" if id(row) in comparison.best else "",
                row.state,
                row.runs[0].reason,
                " ".join(run.folder.name for run in row.runs),
            ]
        )
    write_csv_atomically(path, lines)


def write_markdown(path: Path, comparison: Comparison) -> None:
    """Write the table that the terminal shows."""
    lines = [comparison.head(), ["---"] * len(comparison.head())]
    lines += [comparison.cells(row) for row in comparison.rows]
    table = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    notes = [f"- {note}" for note in comparison.notes()]
    text = [f"# {comparison.title()}", "", *table, *(["", *notes] if notes else [])]
    write_text_atomically(path, "\n".join(text) + "\n")


def _shown(value: object) -> str:
    """An option, without digits that nobody reads."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _with_deviation(row: Row, figure: Figure) -> str:
    value, deviation = row.mean(figure), row.deviation(figure)
    if value is None:
        return ""
    return format_number(value) + ("" if deviation is None else f" ± {format_number(deviation)}")


def _order(value: object) -> tuple[int, float, str]:
    """A key that puts numbers before words, and 2 before 10."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (0, float(value), "")
    return (1, 0.0, str(value))
