"""The rows of a comparison, as a file and as tables in the terminal."""

from pathlib import Path

from rich.table import Table

from aevb.compare_estimators.figure import LABELS
from aevb.compare_estimators.gradients import PARTS
from aevb.compare_estimators.sentences import with_error
from aevb.compare_estimators.statistics import GradientNoise
from aevb.files import write_csv_atomically
from aevb.terminal import wide_console


def write(rows: list[GradientNoise], path: Path) -> None:
    """One line a row; the unit of the variance is nats², per squared unit of the parameters."""
    estimates = ("squared_bias", "variance", "snr", "squared_bias_log_p")
    names = [name for estimate in estimates for name in (estimate, f"{estimate}_se")]
    lines: list[list[object]] = [
        ["estimator", "num_samples", "parameters", *names, "seconds", "variance_times_seconds"]
    ]
    for row in rows:
        values = [value for name in estimates for value in (getattr(row, name) or ("", "", ""))[:2]]
        lines.append([row.estimator, row.num_samples, row.parameters, *values, row.seconds, row.variance_times_seconds])
    write_csv_atomically(path, lines)


def print_tables(rows: list[GradientNoise]) -> None:
    """The rows of the encoder, and those of the decoder."""
    console = wide_console()
    for part in PARTS:
        table = Table(title=f"Gradient by the {part}'s parameters", box=None, padding=(0, 1))
        for name in ("estimator", "L, K", "squared bias", "variance", "SNR", "ms", "variance × s"):
            table.add_column(name, justify="left" if name == "estimator" else "right", no_wrap=True)
        chosen = [row for row in rows if row.parameters == part]
        for row, following in zip(chosen, [*chosen[1:], None], strict=True):
            table.add_row(
                LABELS.get(row.estimator, row.estimator),
                str(row.num_samples),
                with_error(row.squared_bias),
                with_error(row.variance),
                with_error(row.snr),
                f"{1000 * row.seconds:.1f}",
                f"{row.variance_times_seconds:.2g}",
                end_section=following is None or following.estimator != row.estimator,
            )
        console.print(table)
