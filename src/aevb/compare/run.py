"""From folders to a table."""

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from aevb.command_line.latest import runs_named
from aevb.compare.columns import differing
from aevb.compare.outcomes import outcomes
from aevb.compare.picture import picture
from aevb.compare.rows import rows
from aevb.compare.table import Comparison, print_table, write_csv, write_markdown
from aevb.errors import UserError
from aevb.figures import save
from aevb.files import shell_path, writing_into


def compare_runs(cfg: DictConfig) -> Comparison:
    """Compare the runs that `run` stands for."""
    if not cfg.run:
        raise UserError("run= is missing: name a folder that holds runs, such as run=outputs/multirun/<name>")
    named = runs_named(cfg.run)
    paths = [str(path) for path in named] if isinstance(named, list) else [str(named)]
    return compare(paths, Path(cfg.out or paths[0]), cfg.sort, cfg.group)


def compare(paths: Sequence[str], out: Path, sort: str | None = None, group: str | None = None) -> Comparison:
    """Compare all runs below some folders; leaves comparison.csv, .md and .png in the folder `out`."""
    runs = outcomes(list(paths))
    columns = differing(runs)
    comparison = Comparison(rows(runs, columns), columns, sort, group)
    print_table(comparison)
    with writing_into(out):
        write_csv(out / "comparison.csv", comparison)
        write_markdown(out / "comparison.md", comparison)
        drawn = any(row.num_seeds for row in comparison.rows)
        if drawn:
            save(picture(comparison), out, "comparison")
    written = ["comparison.csv", "comparison.md", *(["comparison.png"] if drawn else [])]
    print(f"Written: {', '.join(shell_path(out / name) for name in written)}")
    return comparison
