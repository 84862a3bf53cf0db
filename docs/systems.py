"""Train the systems of docs/systems.yaml that have not been trained yet, and write the table of docs/systems.md.

python docs/systems.py           trains what is missing, one run after another, and writes the table
python docs/systems.py --table   writes the table alone

Runs go to outputs/systems/<name>, where an interrupted one is resumed; figures of finished ones are kept in
docs/systems.json, and pictures in outputs/gallery.
"""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from PIL import Image

ROOT = Path(__file__).parent.parent
RUNS, GALLERY = ROOT / "outputs" / "systems", ROOT / "outputs" / "gallery"
FIGURES, PAGE = ROOT / "docs" / "systems.json", ROOT / "docs" / "systems.md"
TABLE = re.compile(r"(<!-- table: make systems -->\n).*?(<!-- end -->)", re.DOTALL)
WIDTH = 420  # pixels of a picture in the gallery
COLUMNS = 3  # of pictures
FIGURE_OF_A_RUN = ("nats_per_code", "elbo", "reconstruction")  # the first that it has


def train(name: str, options: str) -> dict[str, Any]:
    """The metrics of a run, which is trained or resumed if it is not finished."""
    folder = RUNS / name
    if not (folder / "metrics.json").exists():
        last = folder / "checkpoints" / "last.ckpt"
        resume = [f"ckpt_path={last}"] if last.exists() else []
        command = [sys.executable, "-m", "src.train", *shlex.split(options), f"hydra.run.dir={folder}", *resume]
        subprocess.run(command, cwd=ROOT, check=True)
    metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    return metrics


def kept(options: str, metrics: dict[str, Any]) -> dict[str, Any]:
    """What docs/systems.json keeps of a run."""
    test = metrics["test"]
    name = next((name for name in FIGURE_OF_A_RUN if name in test), "loss")
    value = -test[name] if name == "elbo" else test[name]
    more = ("epochs", "seconds", "parameters", "device", "git_revision", "seed")
    return {"options": options, "figure": name, "value": value, "unit": metrics["units"][name],
            **{key: metrics[key] for key in more}, "torch": metrics["versions"]["torch"],
            "threads": torch.get_num_threads()}  # fmt: skip


def keep_picture(name: str, figure: str) -> None:
    """A small copy of a figure in the gallery."""
    with Image.open(RUNS / name / "figures" / f"{figure}.png") as picture:
        height = round(picture.height * WIDTH / picture.width)
        picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS).quantize(64).save(
            GALLERY / f"{name}.png", optimize=True
        )


def table(rows: dict[str, Any], figures: dict[str, Any]) -> str:
    """The rows of the systems whose figures are known, and under them their pictures."""
    lines = ["| system | `python -m src.train …` | parameters | epochs | test | training |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    known = {name: row for name, row in rows.items() if name in figures}
    for name, row in known.items():
        found = figures[name]
        digits = 2 if abs(found["value"]) > 10 else 4
        value = f"{'−ELBO ' * (found['figure'] == 'elbo')}{found['value']:.{digits}f} {found['unit']}"
        lines.append(
            f"| {row['title']} | `{row['options']}` | {found['parameters']:,} | {found['epochs']} "
            f"| {value.replace('-', '−').removesuffix(' per image')} | {found['seconds']:.0f} s |"
        )
    shown = [name for name, row in known.items() if "picture" in row]
    lines += [
        "",
        "Squared errors and nats are those of an image. The pictures, by the names in [systems.yaml](systems.yaml):",
        "",
    ]
    for i in range(0, len(shown), COLUMNS):
        some = shown[i : i + COLUMNS]
        some += [""] * (COLUMNS - len(some))
        if i == 0:
            lines += [f"| {' | '.join(f'`{name}`' for name in some)} |", "|---" * COLUMNS + "|"]
        else:
            lines.append(f"| {' | '.join(f'`{name}`' if name else '' for name in some)} |")
        pictures = (f"![{name}](../outputs/gallery/{name}.png)" if name else "" for name in some)
        lines.append(f"| {' | '.join(pictures)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    rows: dict[str, Any] = OmegaConf.to_container(OmegaConf.load(ROOT / "docs" / "systems.yaml"))  # type: ignore[assignment]
    for name, row in rows.items() if "--table" not in sys.argv else ():
        figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
        if figures.get(name, {}).get("options") == row["options"]:
            continue
        figures[name] = kept(row["options"], train(name, row["options"]))
        FIGURES.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
        if "picture" in row:
            keep_picture(name, row["picture"])
    text = table(rows, json.loads(FIGURES.read_text()))
    PAGE.write_text(TABLE.sub(lambda found: found[1] + text + found[2], PAGE.read_text()))


if __name__ == "__main__":
    main()
