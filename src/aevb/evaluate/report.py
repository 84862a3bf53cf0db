"""The report of an evaluation: a table in the terminal, and files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table

from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.figures import save
from aevb.files import shell_path, write_csv_atomically, write_text_atomically
from aevb.terminal import format_number, wide_console


def write(folder: Path, evaluation: dict[str, Any], found: Findings, tested: ModelUnderTest) -> None:
    """evaluation.json, evaluation_images.csv with a line for each image by its number in the split, and figures/."""
    content = json.dumps(evaluation, indent=2, ensure_ascii=False, allow_nan=False)
    write_text_atomically(folder / "evaluation.json", content + "\n")
    columns: dict[str, list[Any]] = {name: values.tolist() for name, values in found.per_image.items()}
    labels = [""] * len(tested.order) if tested.y is None else tested.y.tolist()
    lines = [
        [image, label, *(values[i] if i < len(values) else "" for values in columns.values())]
        for i, (image, label) in enumerate(zip(tested.order.tolist(), labels, strict=True))
    ]
    write_csv_atomically(folder / "evaluation_images.csv", [["image", "label", *columns], *sorted(lines)])
    (folder / "figures").mkdir(exist_ok=True)
    for name, picture in found.pictures.items():
        save(picture, folder / "figures", name)


def print_evaluation(evaluation: dict[str, Any], folder: Path) -> None:
    """Print the table of a run; ± s.e. is the error over images, ± MC what sampling alone adds to that of the mean."""
    protocol = evaluation["protocol"]
    table = Table(
        title=f"{evaluation['run']}\n{protocol['data_name']} {protocol['split']}, "
        f"{protocol['num_images']:,} images, binarize={protocol['binarize']}, "
        f"likelihood={protocol['likelihood'] or 'none'}, seed {protocol['seed']}"
    )
    for name in ("", "value", "± s.e.", "± MC", "unit", "bits/dim", "images", "samples"):
        table.add_column(name, justify="left" if name in ("", "unit") else "right", overflow="fold")
    rows = sorted(evaluation["results"], key=lambda row: -row["num_images"])  # those of the same images together
    for i, row in enumerate(rows):
        following = rows[i + 1] if i + 1 < len(rows) else None
        table.add_row(
            row["name"],
            format_number(row["value"]),
            _if_known(row["standard_error"], lambda value: f"{value:.2g}"),
            _if_known(row["monte_carlo_error"], lambda value: f"{value:.2g}"),
            row["unit"],
            _if_known(row["bits_per_dimension"], lambda value: f"{value:.4f}"),
            f"{row['num_images']:,}",
            _if_known(row["num_samples"], lambda value: f"{value:,}"),
            end_section=following is not None and following["num_images"] != row["num_images"],
        )
    if rows:
        wide_console().print(table)
    for name, reason in evaluation["not_applicable"].items():
        print(f"{name} is left out: {reason}")
    for remark in evaluation["remarks"]:
        print(remark)
    print(f"Checkpoint: {shell_path(Path(protocol['checkpoint']))}, sha256 {protocol['checkpoint_sha256'][:16]}…")
    print(f"Written: {shell_path(folder / 'evaluation.json')}")


def _if_known(value: Any, form: Callable[[Any], str]) -> str:
    return "" if value is None else form(value)
