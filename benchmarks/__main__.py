"""python -m benchmarks [--short] [training] [importance] [startup] [memory] [dashboard]"""

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import dashboard, importance, memory, startup, training

PARTS = ("training", "importance", "startup", "memory", "dashboard")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed, as ratios to references.")
    parser.add_argument("parts", nargs="*", help=f"any of {', '.join(PARTS)}; all, if none is named")
    parser.add_argument("--short", action="store_true", help="fewer images and rounds")
    parser.add_argument("--out", type=Path, default=None, help="the JSON file; outputs/benchmarks/<when>.json if none")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"there is no part {part!r}; there are {', '.join(PARTS)}")
    parts = options.parts or list(PARTS)
    out: Path = options.out or Path("outputs", "benchmarks", time.strftime("%Y-%m-%d_%H-%M-%S.json"))
    out.parent.mkdir(parents=True, exist_ok=True)

    device = "cuda" if torch.cuda.is_available() else "cpu"
    console = Console()
    report: dict[str, Any] = {"machine": machine(device), "short": options.short}
    console.print_json(data=report["machine"])
    started = time.perf_counter()
    if "training" in parts:
        report["training"] = []
        for case in training.CASES[device]:
            report["training"].append(training.measure(case, device, options.short))
            console.print(loops_table(report["training"][-1]))
            if report["training"][-1]["share of time"]:
                console.print(shares_table(report["training"][-1]))
    if "importance" in parts:
        report["importance"] = importance.measure(device, options.short)
    if "startup" in parts:
        report["startup"] = startup.measure(options.short)
    if "memory" in parts:
        report["memory"] = memory.measure(device, options.short)
    if "dashboard" in parts:
        report["dashboard"] = dashboard.measure(options.short)
    for part in PARTS[1:]:
        if part in report:
            console.print(figures_table(part, report[part]))
    report["seconds"] = time.perf_counter() - started
    out.write_text(json.dumps(report, indent=2))
    console.print(f"{report['seconds']:.0f} s. All figures: {out}", highlight=False, soft_wrap=True)


def machine(device: str) -> dict[str, Any]:
    processor = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        processor = names[0] if names else processor
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if device == "cuda" else None,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def loops_table(case: dict[str, Any]) -> Table:
    table = Table(title=f"{case['case']} (goal: {case['goal']})")
    for column in ("loop", "s an epoch", "images/s", f"ratio to {case['reference']}", "with all there is to an epoch"):
        table.add_column(column, justify="left" if column == "loop" else "right")
    for name, loop in case["loops"].items():
        whole = loop.get("ratio with validation, logging and checkpoints")
        figures = (f"{loop['seconds']:.2f}", f"{loop['images/s']:,.0f}", f"{loop['ratio']:.2f}")
        table.add_row(name, *figures, "" if whole is None else f"{whole:.2f}")
    return table


def shares_table(case: dict[str, Any]) -> Table:
    table = Table(*case["share of time"], title="share of aevb's time")
    table.add_row(*(f"{share:.1%}" for share in case["share of time"].values()))
    return table


def figures_table(title: str, figures: dict[str, Any]) -> Table:
    table = Table("", "", title=title, show_header=False)
    for name, value in figures.items():
        nested = value if isinstance(value, dict) else {"": value}
        for key, figure in nested.items():
            label = f"{name}: {key}" if key else name
            table.add_row(label, f"{figure:,.3f}" if isinstance(figure, float) else str(figure))
    return table


if __name__ == "__main__":
    main()
