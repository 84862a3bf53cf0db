"""What an evaluation leaves behind: a table in the terminal, and files."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table

from aevb.evaluate.model_under_test import Subject
from aevb.figures import save
from aevb.train.callbacks.progress import number
from aevb.train.report import shown, wide_console


def write(folder: Path, evaluation: dict[str, Any], subject: Subject) -> None:
    """evaluation.json, evaluation_images.csv with a line for each image, and figures/."""
    content = json.dumps(evaluation, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "evaluation.json").write_text(content + "\n")
    columns: dict[str, list[Any]] = {name: values.tolist() for name, values in subject.per_image.items()}
    with (folder / "evaluation_images.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "label", *columns])
        for i, label in enumerate(subject.y.tolist()):
            writer.writerow([i, label, *(values[i] if i < len(values) else "" for values in columns.values())])
    (folder / "figures").mkdir(exist_ok=True)
    for name, picture in subject.pictures.items():
        save(picture, folder / "figures", name)


def show(evaluation: dict[str, Any], folder: Path) -> None:
    """Print the table of a run; ± s.e. is the error over images, ± MC what sampling alone adds to that of the mean."""
    protocol = evaluation["protocol"]
    table = Table(
        title=f"{evaluation['run']}\n{protocol['data'].rpartition('.')[2]} {protocol['split']}, "
        f"{protocol['num_images']:,} images, binarize={protocol['binarize']}, "
        f"likelihood={protocol['likelihood'] or 'none'}, seed {protocol['seed']}"
    )
    for name in ("", "value", "± s.e.", "± MC", "unit", "bits/dim", "images", "samples"):
        table.add_column(name, justify="left" if name in ("", "unit") else "right", overflow="fold")
    optional: Callable[[Any, Callable[[Any], str]], str] = lambda value, form: "" if value is None else form(value)  # noqa: E731
    for row in evaluation["results"]:
        table.add_row(
            row["name"],
            number(row["value"]),
            optional(row["standard_error"], lambda value: f"{value:.2g}"),
            optional(row["monte_carlo_error"], lambda value: f"{value:.2g}"),
            row["unit"],
            optional(row["bits_per_dimension"], lambda value: f"{value:.4f}"),
            f"{row['num_images']:,}",
            optional(row["num_samples"], lambda value: f"{value:,}"),
        )
    wide_console().print(table)
    for name, reason in evaluation["not_applicable"].items():
        print(f"{name} is left out: {reason}")
    for remark in evaluation["remarks"]:
        print(remark)
    print(f"Checkpoint: {protocol['checkpoint']}, sha256 {protocol['checkpoint_sha256'][:16]}…")
    print(f"Written: {shown(folder / 'evaluation.json')}")
